/* Reception: libcurl hands over the head line by line, then the body in pieces; either is cut off
 * where it is too long, and with it the connection. */
#include "reception.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* More than that is not kept for the next answer. */
enum { KEPT_MAX = 65536 };

static bool has_name(struct bytes line, const char *name, struct bytes *ret_value)
{
    size_t len = strlen(name);

    if (line.len <= len || line.at[len] != ':' || strncasecmp(line.at, name, len) != 0)
        return false;
    while (line.len > 0 && (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
        line.len--;
    if (line.len <= len)
        return false;
    *ret_value = bytes_trim((struct bytes){line.at + len + 1, line.len - len - 1});
    return true;
}

static void keep(char *text, size_t text_max, struct bytes value)
{
    if (value.len < text_max)
        (void)snprintf(text, text_max, "%.*s", BYTES_ARG(value));
}

static void end_head(struct reception *reception)
{
    long status = 0;

    (void)curl_easy_getinfo(reception->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status <= 999)
        reception->status = (int)status;
}

static size_t on_head(char *at, size_t size, size_t count, void *ctx)
{
    struct reception *reception = ctx;
    struct bytes line = {at, size * count};
    struct bytes value;

    reception->head_len += line.len;
    if (reception->head_len > RECEPTION_HEAD_MAX)
        return 0;
    if (reception->status != 0)
        return line.len; /* a trailer */
    if (bytes_starts(line, "HTTP/"))
        reception->content_type[0] = reception->retry_after[0] = '\0';
    else if (has_name(line, "content-type", &value))
        keep(reception->content_type, sizeof(reception->content_type), value);
    else if (has_name(line, "retry-after", &value))
        keep(reception->retry_after, sizeof(reception->retry_after), value);
    else if (line.len <= 2 && line.len > 0 && line.at[line.len - 1] == '\n')
        end_head(reception);
    return line.len;
}

static size_t on_body(char *at, size_t size, size_t count, void *ctx)
{
    struct reception *reception = ctx;
    struct bytes piece = {at, size * count};
    size_t most = reception->status >= 200 && reception->status < 300 ? (size_t)reception->body_max
                                                                      : RECEPTION_ERROR_MAX;

    reception->body.len_max = most;
    if (reception->body.len + piece.len > most) {
        reception->is_cut = true;
        return 0;
    }
    buffer_append(&reception->body, piece);
    return piece.len;
}

void reception_init(struct reception *reception, CURL *easy, int64_t body_max)
{
    *reception = (struct reception){.easy = easy, .body_max = body_max};
    buffer_init(&reception->body, (size_t)body_max);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, reception);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, reception);
}

void reception_fini(struct reception *reception)
{
    buffer_fini(&reception->body);
}

void reception_reset(struct reception *reception)
{
    reception->head_len = 0;
    reception->status = 0;
    reception->is_cut = false;
    reception->content_type[0] = reception->retry_after[0] = '\0';
    if (reception->body.capacity > KEPT_MAX)
        buffer_fini(&reception->body);
    buffer_clear(&reception->body);
}
