/* JSON text: the lexical ground of JSON, inline for the scan and the walk. */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool json_is_blank(unsigned char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline bool json_is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static inline const unsigned char *json_skip_blanks(const unsigned char *at,
                                                    const unsigned char *end)
{
    while (at < end && json_is_blank(*at))
        at++;
    return at;
}

#define JSON_EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/* The high bit of each byte that is zero; bytes above the first such one may be wrong. */
static inline uint64_t json_zero_bytes(uint64_t word)
{
    return (word - JSON_EACH_BYTE(0x01)) & ~word & JSON_EACH_BYTE(0x80);
}

/* The first byte that is a quote, a backslash, a control or not ASCII; end if there is none. */
static inline const unsigned char *json_skip_plain(const unsigned char *at,
                                                   const unsigned char *end)
{
    while (end - at >= 8) {
        uint64_t word;

        memcpy(&word, at, sizeof(word));
        word = le64toh(word);

        uint64_t high_or_control = (word | (word - JSON_EACH_BYTE(0x20))) & JSON_EACH_BYTE(0x80);
        uint64_t stops = high_or_control | json_zero_bytes(word ^ JSON_EACH_BYTE('"')) |
                         json_zero_bytes(word ^ JSON_EACH_BYTE('\\'));

        if (stops != 0)
            return at + __builtin_ctzll(stops) / 8;
        at += 8;
    }
    while (at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\')
        at++;
    return at;
}

/* Four hex digits, -1 if they are not. */
static inline int json_hex_code(const unsigned char *at, const unsigned char *end)
{
    int code = 0;

    if (end - at < 4)
        return -1;
    for (unsigned i = 0; i < 4; i++) {
        unsigned char c = at[i];
        unsigned char letter = c | 0x20;

        if (json_is_digit(c))
            code = code * 16 + (c - '0');
        else if (letter >= 'a' && letter <= 'f')
            code = code * 16 + (letter - 'a' + 10);
        else
            return -1;
    }
    return code;
}

static inline bool json_is_low_surrogate(int code)
{
    return code >= 0xdc00 && code <= 0xdfff;
}

/* The code point of \uXXXX or of a pair of them, and its length; -1 if it is broken or half of a
 * pair. */
static inline int json_unicode_escape(const unsigned char *at, const unsigned char *end,
                                      size_t *ret_len)
{
    int code = end - at >= 2 ? json_hex_code(at + 2, end) : -1;

    *ret_len = 6;
    if (code < 0 || json_is_low_surrogate(code))
        return -1;
    if (code < 0xd800 || code > 0xdbff)
        return code;
    if (end - at < 12 || at[6] != '\\' || at[7] != 'u')
        return -1;

    int low = json_hex_code(at + 8, end);

    *ret_len = 12;
    return json_is_low_surrogate(low) ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : -1;
}

/* What stands behind a backslash, 0 for no such escape; 'u' is not among them. */
static inline unsigned char json_short_escape(unsigned char letter)
{
    static const unsigned char MEANINGS[128] = {
        ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
        ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
    };

    return letter < sizeof(MEANINGS) ? MEANINGS[letter] : 0;
}
