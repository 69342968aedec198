/* Bytes: comparing and cutting borrowed runs of bytes; an absent run compares like an empty one. */
#include "base/bytes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct bytes bytes_of(const char *text)
{
    return text != NULL ? (struct bytes){text, strlen(text)} : BYTES_NONE;
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool bytes_is(struct bytes a, const char *text)
{
    return bytes_equal(a, bytes_of(text));
}

bool bytes_starts(struct bytes a, const char *prefix)
{
    size_t len = strlen(prefix);

    return a.len >= len && bytes_equal((struct bytes){a.at, len}, (struct bytes){prefix, len});
}

int bytes_compare(struct bytes a, struct bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.at, b.at, len) : 0;

    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool bytes_split(struct bytes *rest, char separator, struct bytes *ret_part)
{
    if (rest->len == 0)
        return false;

    const char *end = memchr(rest->at, separator, rest->len);

    if (end == NULL) {
        *ret_part = *rest;
        *rest = BYTES_NONE;
        return true;
    }
    *ret_part = (struct bytes){rest->at, (size_t)(end - rest->at)};
    rest->at += ret_part->len + 1;
    rest->len -= ret_part->len + 1;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct bytes bytes_trim(struct bytes a)
{
    while (a.len > 0 && is_blank(a.at[0])) {
        a.at++;
        a.len--;
    }
    while (a.len > 0 && is_blank(a.at[a.len - 1]))
        a.len--;
    return a;
}

struct bytes bytes_keep(struct bytes a)
{
    char *copy;

    if (a.at == NULL)
        return BYTES_NONE;
    copy = mem_alloc(a.len + 1);
    if (a.len > 0)
        memcpy(copy, a.at, a.len);
    return (struct bytes){copy, a.len};
}

void bytes_drop(struct bytes kept)
{
    free((void *)(uintptr_t)kept.at);
}
