/* Lines: cuts a stream that comes in pieces into lines; a line that never ends is cut at a length.
 */
#include "lines.h"

#include <string.h>

void lines_init(struct lines *lines, size_t line_max, line_fn *on_line, void *owner)
{
    *lines = (struct lines){.line_max = line_max, .on_line = on_line, .owner = owner};
    buffer_init(&lines->part, line_max);
}

void lines_fini(struct lines *lines)
{
    buffer_fini(&lines->part);
}

static void emit(struct lines *lines)
{
    struct bytes line = buffer_bytes(&lines->part);

    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    lines->on_line(lines->owner, line.len > 0 ? line : BYTES(""));
    buffer_clear(&lines->part);
}

void lines_add(struct lines *lines, struct bytes data)
{
    while (data.len > 0) {
        const char *end = memchr(data.at, '\n', data.len);
        size_t len = end != NULL ? (size_t)(end - data.at) : data.len;
        size_t room = lines->line_max - lines->part.len;
        size_t taken = len < room ? len : room;

        buffer_append(&lines->part, (struct bytes){data.at, taken});
        data.at += taken;
        data.len -= taken;
        if (taken == len && end != NULL) {
            data.at++;
            data.len--;
            emit(lines);
        } else if (lines->part.len == lines->line_max) {
            emit(lines);
        }
    }
}

void lines_end(struct lines *lines)
{
    if (lines->part.len > 0)
        emit(lines);
}
