/* Query: paths and query strings for the broker, everything from outside percent-encoded. */
#include "query.h"

#include "base/assert.h"

#include <string.h>

enum { QUERY_BYTES_MAX = 4 * 1024 * 1024 };

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

static void append_encoded(struct buffer *buffer, struct bytes text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        if (is_unreserved(text.at[i])) {
            buffer_append_char(buffer, text.at[i]);
        } else {
            buffer_append_char(buffer, '%');
            buffer_append_char(buffer, hex[c >> 4]);
            buffer_append_char(buffer, hex[c & 0xf]);
        }
    }
}

void query_init(struct query *query, const char *path)
{
    *query = (struct query){.has_parameter = false};
    buffer_init(&query->text, QUERY_BYTES_MAX);
    buffer_append_text(&query->text, path);
}

void query_fini(struct query *query)
{
    buffer_fini(&query->text);
}

void query_segment(struct query *query, const char *segment)
{
    buffer_append_char(&query->text, '/');
    append_encoded(&query->text, bytes_of(segment));
}

void query_literal(struct query *query, const char *text)
{
    buffer_append_text(&query->text, text);
}

void query_parameter(struct query *query, const char *name, struct bytes value)
{
    buffer_append_char(&query->text, query->has_parameter ? '&' : '?');
    query->has_parameter = true;
    buffer_append_text(&query->text, name);
    buffer_append_char(&query->text, '=');
    append_encoded(&query->text, value);
}

void query_parameter_text(struct query *query, const char *name, const char *value)
{
    if (value != NULL)
        query_parameter(query, name, bytes_of(value));
}

const char *query_text(struct query *query)
{
    size_t len = query->text.len;

    buffer_append_char(&query->text, '\0');
    ASSERT(!query->text.overflowed);
    query->text.len = len;
    return query->text.at;
}
