/* Arrival: read whole, one on a connection; lengths are told, nothing is chunked. */
#include "arrival.h"

#include "base/parse.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum {
    HEAD_MAX = 64 * 1024,
    BODY_MAX = 16 * 1024 * 1024,
    PIECE = 16 * 1024,
    END_LEN = 4, /* "\r\n\r\n" */
};

static const char CONTINUE[] = "HTTP/1.1 100 Continue\r\n\r\n";

static bool receive(struct arrival *arrival, int fd)
{
    char *room = buffer_room(&arrival->buffer, PIECE);
    ssize_t len = room != NULL ? recv(fd, room, PIECE, 0) : -1;

    if (len <= 0)
        return false;
    buffer_added(&arrival->buffer, (size_t)len);
    return true;
}

static bool cut_line(struct bytes *rest, struct bytes *ret_line)
{
    const char *end = rest->len > 0 ? memmem(rest->at, rest->len, "\r\n", 2) : NULL;

    if (end == NULL || end == rest->at)
        return false;
    *ret_line = (struct bytes){rest->at, (size_t)(end - rest->at)};
    *rest = (struct bytes){end + 2, rest->len - ret_line->len - 2};
    return true;
}

bool arrival_each(struct bytes *rest, struct bytes *ret_name, struct bytes *ret_value)
{
    if (!cut_line(rest, ret_value))
        return false;
    if (!bytes_split(ret_value, ':', ret_name))
        *ret_name = BYTES_NONE;
    *ret_value = bytes_trim(*ret_value);
    return true;
}

struct bytes arrival_header(const struct arrival *arrival, struct bytes wanted)
{
    struct bytes rest = arrival->headers, name, value;

    while (arrival_each(&rest, &name, &value))
        if (name.len == wanted.len && strncasecmp(name.at, wanted.at, name.len) == 0)
            return value;
    return BYTES_NONE;
}

/* The head's length with its end; 0: it does not end within the bound. */
static size_t read_head(struct arrival *arrival, int fd, int *ret_status)
{
    const char *end;

    do {
        if (arrival->buffer.len > HEAD_MAX) {
            *ret_status = 431;
            return 0;
        }
        if (!receive(arrival, fd))
            return 0;
        end = memmem(arrival->buffer.at, arrival->buffer.len, "\r\n\r\n", END_LEN);
    } while (end == NULL);
    return (size_t)(end - arrival->buffer.at) + END_LEN;
}

static bool take_head(struct arrival *arrival, size_t head_len)
{
    struct bytes line;

    arrival->headers = (struct bytes){arrival->buffer.at, head_len};
    return cut_line(&arrival->headers, &line) && bytes_split(&line, ' ', &arrival->method) &&
           bytes_split(&line, ' ', &arrival->target) && arrival->target.len > 0 &&
           bytes_is(line, "HTTP/1.1");
}

/* 0: there is one, and no more than we take. */
static int body_len(const struct arrival *arrival, int64_t *ret_len)
{
    struct bytes text = arrival_header(arrival, BYTES("Content-Length"));

    *ret_len = 0;
    if (arrival_header(arrival, BYTES("Transfer-Encoding")).at != NULL)
        return 411;
    if (text.at == NULL)
        return 0;
    if (!parse_int(text, 0, INT64_MAX, ret_len))
        return 400;
    return *ret_len > BODY_MAX ? 413 : 0;
}

static int read_whole(struct arrival *arrival, int fd, size_t head_len)
{
    int64_t len;
    int status;

    if (!take_head(arrival, head_len))
        return 400;
    if ((status = body_len(arrival, &len)) != 0)
        return status;
    if (arrival_header(arrival, BYTES("Expect")).at != NULL)
        (void)send(fd, CONTINUE, sizeof(CONTINUE) - 1, MSG_NOSIGNAL);
    while (arrival->buffer.len < head_len + (size_t)len)
        if (!receive(arrival, fd))
            return -1;
    (void)take_head(arrival, head_len); /* again: the buffer may have moved */
    arrival->body = (struct bytes){arrival->buffer.at + head_len, (size_t)len};
    return 0;
}

int arrival_read(struct arrival *arrival, int fd)
{
    int status = -1;
    size_t head_len;

    *arrival = (struct arrival){.body = BYTES_NONE};
    buffer_init(&arrival->buffer, (size_t)HEAD_MAX + BODY_MAX + (size_t)2 * PIECE);
    head_len = read_head(arrival, fd, &status);
    return head_len > 0 ? read_whole(arrival, fd, head_len) : status;
}

void arrival_fini(struct arrival *arrival)
{
    buffer_fini(&arrival->buffer);
}
