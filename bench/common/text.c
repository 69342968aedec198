/* Text: a byte string that grows; requests and answers are built in it. */
#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"

void text_fini(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

void text_clear(struct text *text)
{
    text_reserve(text, 0);
    text->length = 0;
    text->bytes[0] = '\0';
}

void text_reserve(struct text *text, size_t more)
{
    size_t needed = text->length + more + 1;
    size_t capacity = text->capacity ? text->capacity : 4096;

    if (needed <= text->capacity)
        return;
    while (capacity < needed)
        capacity *= 2;
    text->bytes = realloc(text->bytes, capacity);
    if (!text->bytes)
        die("out of memory");
    text->bytes[text->length] = '\0';
    text->capacity = capacity;
}

void text_add(struct text *text, const char *bytes, size_t n)
{
    text_reserve(text, n);
    memcpy(text->bytes + text->length, bytes, n);
    text->length += n;
    text->bytes[text->length] = '\0';
}

void text_print(struct text *text, const char *format, ...)
{
    va_list arguments;

    text_reserve(text, 512);
    for (;;) {
        size_t room = text->capacity - text->length;

        va_start(arguments, format);
        int n = vsnprintf(text->bytes + text->length, room, format, arguments);
        va_end(arguments);
        if (n < 0)
            die("cannot format a request");
        if ((size_t)n < room) {
            text->length += (size_t)n;
            return;
        }
        text_reserve(text, (size_t)n);
    }
}
