/* UTF-8 step: the one place that knows what a valid sequence is, inline for the scanners of this
 * folder. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

static inline bool utf8_is_tail(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Length of the valid sequence at at, 0 if there is none; at < end. */
static inline size_t utf8_step(const unsigned char *at, const unsigned char *end)
{
    unsigned char lead = at[0];
    size_t left = (size_t)(end - at);

    if (lead < 0x80)
        return 1;
    if (lead < 0xc2)
        return 0; /* a tail, or an overlong form of one byte */
    if (lead < 0xe0)
        return left >= 2 && utf8_is_tail(at[1]) ? 2 : 0;
    if (lead < 0xf0) {
        if (left < 3 || !utf8_is_tail(at[1]) || !utf8_is_tail(at[2]))
            return 0;
        bool is_overlong = lead == 0xe0 && at[1] < 0xa0;
        bool is_surrogate = lead == 0xed && at[1] >= 0xa0;

        return is_overlong || is_surrogate ? 0 : 3;
    }
    if (lead > 0xf4 || left < 4 || !utf8_is_tail(at[1]) || !utf8_is_tail(at[2]) ||
        !utf8_is_tail(at[3]))
        return 0;
    bool is_overlong = lead == 0xf0 && at[1] < 0x90;
    bool is_too_high = lead == 0xf4 && at[1] >= 0x90;

    return is_overlong || is_too_high ? 0 : 4;
}

/* The code point of a valid sequence of len bytes. */
static inline unsigned utf8_code_point(const unsigned char *at, size_t len)
{
    static const unsigned char LEAD_BITS[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned code_point = at[0] & LEAD_BITS[len];

    for (size_t i = 1; i < len; i++)
        code_point = code_point << 6 | (at[i] & 0x3fu);
    return code_point;
}
