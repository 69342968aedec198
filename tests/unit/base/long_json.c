/* Long JSON: texts that are too long or too deep to write down. */
#include "long_json.h"

struct buffer repeated(const char *head, const char *part, size_t times, const char *tail)
{
    struct buffer text;

    buffer_init(&text, 64 << 20);
    buffer_append_text(&text, head);
    for (size_t i = 0; i < times; i++)
        buffer_append_text(&text, part);
    buffer_append_text(&text, tail);
    return text;
}

struct buffer nested(size_t depth, const char *open, const char *close)
{
    struct buffer text = repeated("", open, depth, "1");

    for (size_t i = 0; i < depth; i++)
        buffer_append_text(&text, close);
    return text;
}
