/* JSON out: the hot half of every answer; runs that need no escape are copied in one piece. */
#include "base/json_out.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/base64.h"
#include "base/time_text.h"
#include "utf8_step.h"

/* 0: as it is; ESCAPE_CODE: \u00XX; HIGH: begins a UTF-8 sequence; else the letter behind the
 * backslash. */
enum { ESCAPE_CODE = 1, HIGH = 2 };

static const unsigned char ESCAPES[256] = {
    [0x00 ... 0x1f] = ESCAPE_CODE,
    ['"'] = '"',
    ['\\'] = '\\',
    [0x80 ... 0xff] = HIGH,
};

void json_out_init(struct json_out *out, struct buffer *buffer)
{
    *out = (struct json_out){.buffer = buffer};
}

/* The comma before an item, unless it is the first or stands behind its key. */
static void begin_value(struct json_out *out)
{
    if (out->after_key) {
        out->after_key = false;
        return;
    }
    if (out->has_item[out->depth])
        buffer_append_char(out->buffer, ',');
    out->has_item[out->depth] = true;
}

static void open_with(struct json_out *out, char bracket)
{
    begin_value(out);
    buffer_append_char(out->buffer, bracket);
    out->depth++;
    ASSERT(out->depth < JSON_OUT_DEPTH_MAX);
    out->has_item[out->depth] = false;
}

static void close_with(struct json_out *out, char bracket)
{
    ASSERT(out->depth > 0 && !out->after_key);
    out->depth--;
    buffer_append_char(out->buffer, bracket);
}

void json_out_object(struct json_out *out)
{
    open_with(out, '{');
}

void json_out_object_end(struct json_out *out)
{
    close_with(out, '}');
}

void json_out_array(struct json_out *out)
{
    open_with(out, '[');
}

void json_out_array_end(struct json_out *out)
{
    close_with(out, ']');
}

void json_out_key(struct json_out *out, const char *key)
{
    size_t len = strlen(key);

    ASSERT(!out->after_key);

    bool has_item = out->has_item[out->depth];
    char *at = buffer_room(out->buffer, len + 3 + has_item);

    out->has_item[out->depth] = true;
    out->after_key = true;
    if (at == NULL)
        return;
    if (has_item)
        *at++ = ',';
    *at++ = '"';
    memcpy(at, key, len);
    at[len] = '"';
    at[len + 1] = ':';
    buffer_added(out->buffer, len + 3 + has_item);
}

static void append_escape(struct buffer *buffer, unsigned char c)
{
    static const char DIGITS[] = "0123456789abcdef";
    static const char LETTERS[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
    };
    char letter = c < 0x20 ? LETTERS[c] : (char)ESCAPES[c];
    char code[] = {'\\', letter, '0', '0', DIGITS[c >> 4], DIGITS[c & 15]};

    if (letter == 0)
        code[1] = 'u';
    buffer_append(buffer, (struct bytes){code, letter == 0 ? sizeof(code) : 2});
}

/* The first byte that cannot stand in a JSON string as it is, or end. */
static const unsigned char *skip_plain(const unsigned char *at, const unsigned char *end)
{
    while (at < end) {
        unsigned char kind = ESCAPES[*at];
        size_t len = 1;

        if (kind == HIGH)
            len = utf8_step(at, end);
        else if (kind != 0)
            break;
        if (len == 0)
            break;
        at += len;
    }
    return at;
}

static void append_escaped(struct buffer *buffer, struct bytes text)
{
    if (text.len == 0)
        return;

    const unsigned char *at = (const unsigned char *)text.at;
    const unsigned char *end = at + text.len;

    while (at < end) {
        const unsigned char *stop = skip_plain(at, end);

        if (stop > at)
            buffer_append(buffer, (struct bytes){(const char *)at, (size_t)(stop - at)});
        if (stop == end)
            break;
        if (*stop >= 0x80)
            buffer_append(buffer, BYTES("\xef\xbf\xbd"));
        else
            append_escape(buffer, *stop);
        at = stop + 1;
    }
}

static void append_string(struct buffer *buffer, struct bytes text)
{
    buffer_append_char(buffer, '"');
    append_escaped(buffer, text);
    buffer_append_char(buffer, '"');
}

void json_out_key_bytes(struct json_out *out, struct bytes key)
{
    ASSERT(!out->after_key);
    begin_value(out);
    append_string(out->buffer, key);
    buffer_append_char(out->buffer, ':');
    out->after_key = true;
}

void json_out_null(struct json_out *out)
{
    json_out_raw(out, BYTES("null"));
}

void json_out_bool(struct json_out *out, bool value)
{
    json_out_raw(out, value ? BYTES("true") : BYTES("false"));
}

void json_out_int(struct json_out *out, int64_t value)
{
    begin_value(out);
    buffer_append_int(out->buffer, value);
}

void json_out_seconds(struct json_out *out, int64_t duration_ms)
{
    uint64_t ms = duration_ms < 0 ? 0 - (uint64_t)duration_ms : (uint64_t)duration_ms;
    unsigned rest = (unsigned)(ms % 1000);
    char fraction[] = {'.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10),
                       (char)('0' + rest % 10)};
    size_t fraction_len = sizeof(fraction);

    begin_value(out);
    if (duration_ms < 0)
        buffer_append_char(out->buffer, '-');
    buffer_append_int(out->buffer, (long long)(ms / 1000));
    if (rest == 0)
        return;
    while (fraction[fraction_len - 1] == '0')
        fraction_len--;
    buffer_append(out->buffer, (struct bytes){fraction, fraction_len});
}

void json_out_double(struct json_out *out, double value)
{
    char text[32] = "null"; /* JSON knows no other word for what is not finite */
    int len = 4;

    /* 15 digits usually suffice, 17 always do. */
    for (int digits = 15; isfinite(value) && digits <= 17; digits++) {
        len = snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    json_out_raw(out, (struct bytes){text, (size_t)len});
}

void json_out_text(struct json_out *out, struct bytes text)
{
    begin_value(out);
    append_string(out->buffer, text);
}

void json_out_raw(struct json_out *out, struct bytes json)
{
    begin_value(out);
    buffer_append(out->buffer, json);
}

void json_out_base64(struct json_out *out, struct bytes data)
{
    begin_value(out);

    size_t len = base64_len(data.len);
    char *at = buffer_room(out->buffer, len + 2);

    if (at == NULL)
        return;
    at[0] = '"';
    base64_write(at + 1, data);
    at[len + 1] = '"';
    buffer_added(out->buffer, len + 2);
}

void json_out_time(struct json_out *out, int64_t wall_ms)
{
    char text[1 + TIME_TEXT_LEN + 1];

    text[0] = '"';
    time_write(wall_ms, text + 1);
    text[1 + TIME_TEXT_LEN] = '"';
    json_out_raw(out, (struct bytes){text, sizeof(text)});
}

void json_member_text(struct json_out *out, const char *key, struct bytes text)
{
    json_out_key(out, key);
    json_out_text(out, text);
}

void json_member_text_or_null(struct json_out *out, const char *key, struct bytes text)
{
    json_out_key(out, key);
    if (text.at != NULL)
        json_out_text(out, text);
    else
        json_out_null(out);
}

void json_member_int(struct json_out *out, const char *key, int64_t value)
{
    json_out_key(out, key);
    json_out_int(out, value);
}

void json_member_int_or_null(struct json_out *out, const char *key, int64_t value)
{
    json_out_key(out, key);
    if (value >= 0)
        json_out_int(out, value);
    else
        json_out_null(out);
}

void json_member_bool(struct json_out *out, const char *key, bool value)
{
    json_out_key(out, key);
    json_out_bool(out, value);
}

void json_member_raw(struct json_out *out, const char *key, struct bytes json)
{
    json_out_key(out, key);
    json_out_raw(out, json);
}

void json_member_raw_or_null(struct json_out *out, const char *key, struct bytes json)
{
    json_member_raw(out, key, json.at != NULL ? json : BYTES("null"));
}

void json_member_time_or_null(struct json_out *out, const char *key, int64_t wall_ms)
{
    json_out_key(out, key);
    if (wall_ms >= 0)
        json_out_time(out, wall_ms);
    else
        json_out_null(out);
}

void json_member_seconds_or_null(struct json_out *out, const char *key, int64_t duration_ms)
{
    json_out_key(out, key);
    if (duration_ms >= 0)
        json_out_seconds(out, duration_ms);
    else
        json_out_null(out);
}
