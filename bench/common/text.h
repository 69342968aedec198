/* Text: a byte string that grows; requests and answers are built in it. */
#pragma once

#include <stddef.h>

struct text {
    char *bytes; /* always ends with a NUL that does not count */
    size_t length;
    size_t capacity;
};

void text_fini(struct text *text);
void text_clear(struct text *text);

/* Make room for this many more bytes behind the end. */
void text_reserve(struct text *text, size_t more);

void text_add(struct text *text, const char *bytes, size_t n);
__attribute__((format(printf, 2, 3))) void text_print(struct text *text, const char *format, ...);
