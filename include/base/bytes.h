/* Bytes: a borrowed run of bytes with its length; may hold NUL; at is NULL when absent (then len is
 * 0). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct bytes {
    const char *at;
    size_t len;
};

#define BYTES(literal) ((struct bytes){(literal), sizeof(literal) - 1})
#define BYTES_NONE     ((struct bytes){NULL, 0})
/* For printf("%.*s", BYTES_ARG(b)); cut at 4096. */
#define BYTES_ARG(b) (int)((b).len < 4096 ? (b).len : 4096), ((b).at != NULL ? (b).at : "")

struct bytes bytes_of(const char *text); /* NULL gives BYTES_NONE */
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_is(struct bytes a, const char *text);
bool bytes_starts(struct bytes a, const char *prefix);
int bytes_compare(struct bytes a, struct bytes b);
/* Cut the part before the first separator off *rest; false when *rest was empty. "a,,b" gives "a",
 * "", "b". */
bool bytes_split(struct bytes *rest, char separator, struct bytes *ret_part);
/* Without blanks and tabs at either end. */
struct bytes bytes_trim(struct bytes a);
/* A copy of its own, with a NUL behind it; of an absent run an absent one. bytes_drop() frees it.
 */
struct bytes bytes_keep(struct bytes a);
void bytes_drop(struct bytes kept);
