/* Base64: both alphabets over one encoder and one strict decoder; each text has one meaning and
 * each data one text. */
#include "base/base64.h"

#include <stdint.h>

static const char STANDARD[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t base64_len(size_t data_len)
{
    return (data_len + 2) / 3 * 4;
}

/* Writes whole quartets and the 2 or 3 characters of a rest; returns where the text ends, without
 * padding. */
static char *encode(char *to, struct bytes data, const char *alphabet)
{
    const unsigned char *at = (const unsigned char *)data.at;
    size_t left = data.len;

    for (; left >= 3; left -= 3, at += 3) {
        unsigned bits = (unsigned)at[0] << 16 | (unsigned)at[1] << 8 | at[2];

        *to++ = alphabet[bits >> 18];
        *to++ = alphabet[bits >> 12 & 63];
        *to++ = alphabet[bits >> 6 & 63];
        *to++ = alphabet[bits & 63];
    }
    if (left == 0)
        return to;

    unsigned bits = (unsigned)at[0] << 16 | (left == 2 ? (unsigned)at[1] << 8 : 0);

    *to++ = alphabet[bits >> 18];
    *to++ = alphabet[bits >> 12 & 63];
    if (left == 2)
        *to++ = alphabet[bits >> 6 & 63];
    return to;
}

void base64_write(char *ret_text, struct bytes data)
{
    char *end = ret_text + base64_len(data.len);
    char *at = encode(ret_text, data, STANDARD);

    while (at < end)
        *at++ = '=';
}

struct bytes base64url_make(struct bytes data, struct arena *arena)
{
    char *text = arena_alloc(arena, base64_len(data.len) + 1);
    char *end = encode(text, data, URL);

    return (struct bytes){text, (size_t)(end - text)};
}

static int digit_of(char c, const char *alphabet)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == alphabet[62])
        return 62;
    return c == alphabet[63] ? 63 : -1;
}

/* text is without padding. */
static bool decode(struct bytes text, const char *alphabet, struct arena *arena,
                   struct bytes *ret_data)
{
    unsigned char *data = arena_alloc(arena, text.len / 4 * 3 + 3);
    size_t len = 0;
    uint32_t bits = 0;
    unsigned bits_len = 0;

    if (text.len % 4 == 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int digit = digit_of(text.at[i], alphabet);

        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        bits_len += 6;
        if (bits_len >= 8) {
            bits_len -= 8;
            data[len++] = (unsigned char)(bits >> bits_len);
        }
    }
    /* Bits that say nothing must be zero, else two texts would mean the same. */
    if ((bits & ((1u << bits_len) - 1)) != 0)
        return false;
    *ret_data = (struct bytes){(const char *)data, len};
    return true;
}

bool base64_read(struct bytes text, struct arena *arena, struct bytes *ret_data)
{
    if (text.len % 4 != 0)
        return false;
    if (text.len > 0 && text.at[text.len - 1] == '=')
        text.len -= text.at[text.len - 2] == '=' ? 2 : 1;
    return decode(text, STANDARD, arena, ret_data);
}

bool base64url_read(struct bytes text, struct arena *arena, struct bytes *ret_data)
{
    return decode(text, URL, arena, ret_data);
}
