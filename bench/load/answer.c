/* Answer: one HTTP/1.1 response as the load generator needs it: status, length, body. */
#include "load/answer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/die.h"

#define STATUS_NO_CONTENT 204
#define STATUS_AT         9 /* behind "HTTP/1.1 " */

static int parse_status(const char *bytes, size_t n)
{
    int status = 0;

    if (n < STATUS_AT + 3 || memcmp(bytes, "HTTP/1.1 ", STATUS_AT) != 0)
        die("not an HTTP/1.1 answer: %.40s", bytes);
    for (size_t i = STATUS_AT; i < STATUS_AT + 3; i++)
        status = status * 10 + (bytes[i] - '0');
    return status;
}

static size_t parse_length(const char *digits, const char *end)
{
    size_t length = 0;

    while (digits < end && *digits == ' ')
        digits++;
    for (; digits < end && *digits >= '0' && *digits <= '9'; digits++)
        length = length * 10 + (size_t)(*digits - '0');
    return length;
}

/* The body's length from the head's lines; chunked bodies are not worth supporting here. */
static size_t body_length(const char *head, const char *head_end, int status)
{
    static const char content_length[] = "\r\nContent-Length:";
    const size_t name_bytes = sizeof content_length - 1;
    const char *line = memchr(head, '\r', (size_t)(head_end - head));

    while (line && line + name_bytes < head_end) {
        if ((line[2] | ' ') == 'c' && strncasecmp(line, content_length, name_bytes) == 0)
            return parse_length(line + name_bytes, head_end);
        line = memchr(line + 2, '\r', (size_t)(head_end - line - 2));
    }
    if (status != STATUS_NO_CONTENT)
        die("an answer %d without Content-Length", status);
    return 0;
}

size_t answer_parse(const char *bytes, size_t n, struct answer *ret_answer)
{
    const char *blank = memmem(bytes, n, "\r\n\r\n", 4);

    if (!blank)
        return 0;
    ret_answer->status = parse_status(bytes, n);
    ret_answer->body = blank + 4;
    ret_answer->body_bytes = body_length(bytes, blank + 2, ret_answer->status);
    return (size_t)(ret_answer->body - bytes) + ret_answer->body_bytes;
}

const char *answer_find_text(const char *from, const char *end, const char *name,
                             const char **ret_value, size_t *ret_bytes)
{
    char key[64];
    int key_bytes = snprintf(key, sizeof key, "\"%s\":", name);
    const char *found = memmem(from, (size_t)(end - from), key, (size_t)key_bytes);

    if (!found)
        return NULL;
    found += key_bytes;
    while (found < end && *found == ' ')
        found++;
    if (found == end || *found != '"')
        return NULL;
    const char *value_end = memchr(found + 1, '"', (size_t)(end - found - 1));
    if (!value_end)
        return NULL;
    *ret_value = found + 1;
    *ret_bytes = (size_t)(value_end - found - 1);
    return value_end;
}

unsigned answer_count(const struct answer *answer, const char *needle)
{
    const char *from = answer->body;
    const char *end = from + answer->body_bytes;
    size_t needle_bytes = strlen(needle);
    unsigned count = 0;

    while ((from = memmem(from, (size_t)(end - from), needle, needle_bytes))) {
        from += needle_bytes;
        count++;
    }
    return count;
}
