/* Buffer: bytes that grow up to a cap given at the start. */
#pragma once

#include "base/bytes.h"
#include "base/compiler.h"

struct buffer {
    char *at;
    size_t len;
    size_t capacity;
    size_t len_max;
    bool overflowed; /* something did not fit; what is there is whole up to that append */
};

void buffer_init(struct buffer *buffer, size_t len_max);
void buffer_fini(struct buffer *buffer);
void buffer_clear(struct buffer *buffer);
/* Room for len more bytes at the returned place, or NULL (then overflowed is set); call
 * buffer_added() after writing. */
char *buffer_room(struct buffer *buffer, size_t len);
void buffer_added(struct buffer *buffer, size_t len);
void buffer_append(struct buffer *buffer, struct bytes bytes);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_char(struct buffer *buffer, char c);
void buffer_append_int(struct buffer *buffer, long long number);
void buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
/* Drop the first len bytes. */
void buffer_consume(struct buffer *buffer, size_t len);
struct bytes buffer_bytes(const struct buffer *buffer);
/* Move the content out as malloc'ed memory; the buffer is empty after. */
char *buffer_take(struct buffer *buffer, size_t *ret_len);
