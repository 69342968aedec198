/* JSON out: writes JSON text into a buffer; commas are placed by itself, raw values go in byte for
 * byte. */
#pragma once

#include <stdint.h>

#include "base/buffer.h"

enum { JSON_OUT_DEPTH_MAX = 32 };

struct json_out {
    struct buffer *buffer;
    unsigned depth;
    bool has_item[JSON_OUT_DEPTH_MAX];
    bool after_key;
};

void json_out_init(struct json_out *out, struct buffer *buffer);
void json_out_object(struct json_out *out);
void json_out_object_end(struct json_out *out);
void json_out_array(struct json_out *out);
void json_out_array_end(struct json_out *out);
/* key is a C literal that needs no escaping. */
void json_out_key(struct json_out *out, const char *key);
void json_out_key_bytes(struct json_out *out, struct bytes key); /* escaped */

void json_out_null(struct json_out *out);
void json_out_bool(struct json_out *out, bool value);
void json_out_int(struct json_out *out, int64_t value);
void json_out_seconds(struct json_out *out, int64_t duration_ms); /* 1500 -> 1.5 */
void json_out_double(struct json_out *out,
                     double value); /* shortest form that reads back the same */
/* Escaped; bytes that are not UTF-8 become U+FFFD. */
void json_out_text(struct json_out *out, struct bytes text);
void json_out_raw(struct json_out *out, struct bytes json);
void json_out_base64(struct json_out *out, struct bytes data);
void json_out_time(struct json_out *out, int64_t wall_ms); /* RFC 3339 with ms and Z */

/* A member: key and value in one call; the _or_null forms write null for NONE, or for times and
 * durations below 0. */
void json_member_text(struct json_out *out, const char *key, struct bytes text);
void json_member_text_or_null(struct json_out *out, const char *key, struct bytes text);
void json_member_int(struct json_out *out, const char *key, int64_t value);
void json_member_int_or_null(struct json_out *out, const char *key,
                             int64_t value); /* negative: null */
void json_member_bool(struct json_out *out, const char *key, bool value);
void json_member_raw(struct json_out *out, const char *key, struct bytes json);
void json_member_raw_or_null(struct json_out *out, const char *key,
                             struct bytes json); /* NONE: null */
void json_member_time_or_null(struct json_out *out, const char *key, int64_t wall_ms);
void json_member_seconds_or_null(struct json_out *out, const char *key, int64_t duration_ms);
