/* Printable: text from outside made safe for a terminal: control characters and broken UTF-8 cannot
 * get through. */
#include "printable.h"

#include "base/buffer.h"
#include "base/utf8.h"

#include <stdio.h>

enum { ESCAPED_LEN = 4 };

/* C0, DEL and, as UTF-8, C1: what a terminal may obey instead of show. */
static bool is_control(struct bytes text)
{
    unsigned char first = (unsigned char)text.at[0];

    return first < 0x20 || first == 0x7f ||
           (first == 0xc2 && text.len > 1 && (unsigned char)text.at[1] < 0xa0);
}

struct bytes printable(struct bytes text, struct arena *arena)
{
    struct buffer out;
    struct bytes result;

    buffer_init(&out, text.len * ESCAPED_LEN + 1);
    while (text.len > 0) {
        size_t len = utf8_sequence(text);

        if (len == 0 || is_control(text)) {
            buffer_printf(&out, "\\x%02x", (unsigned)(unsigned char)text.at[0]);
            len = 1;
        } else {
            buffer_append(&out, (struct bytes){text.at, len});
        }
        text.at += len;
        text.len -= len;
    }
    result = arena_bytes(arena, out.len > 0 ? buffer_bytes(&out) : BYTES(""));
    buffer_fini(&out);
    return result;
}

size_t printable_width(struct bytes text)
{
    size_t width = 0;

    for (size_t i = 0; i < text.len; i++)
        width += ((unsigned char)text.at[i] & 0xc0) != 0x80;
    return width;
}

struct bytes printable_cut(struct bytes text, size_t width)
{
    size_t len = 0;

    while (len < text.len) {
        if (((unsigned char)text.at[len] & 0xc0) != 0x80 && width-- == 0)
            break;
        len++;
    }
    return (struct bytes){text.at, len};
}
