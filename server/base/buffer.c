/* Buffer: grows by doubling up to its cap; once something did not fit nothing more goes in, so the
 * text has no holes. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

enum { CAPACITY_FIRST = 256 };

void buffer_init(struct buffer *buffer, size_t len_max)
{
    *buffer = (struct buffer){.len_max = len_max};
}

void buffer_fini(struct buffer *buffer)
{
    if (buffer == NULL)
        return;
    free(buffer->at);
    *buffer = (struct buffer){.len_max = buffer->len_max};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->len = 0;
    buffer->overflowed = false;
}

static void grow(struct buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : CAPACITY_FIRST;

    while (capacity < needed && capacity <= buffer->len_max / 2)
        capacity *= 2;
    if (capacity < needed)
        capacity = needed > buffer->len_max ? needed : buffer->len_max;
    buffer->at = mem_resize(buffer->at, capacity);
    buffer->capacity = capacity;
}

char *buffer_room(struct buffer *buffer, size_t len)
{
    if (buffer->overflowed || len > buffer->len_max - buffer->len) {
        buffer->overflowed = true;
        return NULL;
    }
    if (len > buffer->capacity - buffer->len || buffer->at == NULL)
        grow(buffer, buffer->len + len);
    return buffer->at + buffer->len;
}

void buffer_added(struct buffer *buffer, size_t len)
{
    ASSERT(len <= buffer->capacity - buffer->len);
    buffer->len += len;
}

void buffer_append(struct buffer *buffer, struct bytes bytes)
{
    char *room = buffer_room(buffer, bytes.len);

    if (room == NULL || bytes.len == 0)
        return;
    memcpy(room, bytes.at, bytes.len);
    buffer->len += bytes.len;
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, bytes_of(text));
}

void buffer_append_char(struct buffer *buffer, char c)
{
    char *room = buffer_room(buffer, 1);

    if (room == NULL)
        return;
    *room = c;
    buffer->len++;
}

void buffer_append_int(struct buffer *buffer, long long number)
{
    char digits[24];
    char *end = digits + sizeof(digits);
    char *at = end;
    /* Negated as unsigned, so that the smallest number has a magnitude too. */
    unsigned long long left =
        number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number;

    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0)
        *--at = '-';
    buffer_append(buffer, (struct bytes){at, (size_t)(end - at)});
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ASSERT(len >= 0);

    /* vsnprintf() writes a NUL behind the text, which needs room but is not counted. */
    if (buffer->overflowed || (size_t)len > buffer->len_max - buffer->len) {
        buffer->overflowed = true;
        return;
    }
    if (buffer->capacity - buffer->len <= (size_t)len)
        grow(buffer, buffer->len + (size_t)len + 1);
    va_start(args, format);
    (void)vsnprintf(buffer->at + buffer->len, (size_t)len + 1, format, args);
    va_end(args);
    buffer->len += (size_t)len;
}

void buffer_consume(struct buffer *buffer, size_t len)
{
    ASSERT(len <= buffer->len);
    buffer->len -= len;
    if (buffer->len > 0 && len > 0)
        memmove(buffer->at, buffer->at + len, buffer->len);
}

struct bytes buffer_bytes(const struct buffer *buffer)
{
    return (struct bytes){buffer->at != NULL ? buffer->at : "", buffer->len};
}

char *buffer_take(struct buffer *buffer, size_t *ret_len)
{
    char *content = buffer->at != NULL ? buffer->at : mem_alloc(1);

    *ret_len = buffer->len;
    *buffer = (struct buffer){.len_max = buffer->len_max};
    return content;
}
