/* Arena: memory with one lifetime, given back at once; one request or one batch owns one. Not
 * thread-safe. */
#pragma once

#include "base/bytes.h"
#include "base/compiler.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena); /* NULL is fine */
/* Forget all that was handed out, keep the first block. */
void arena_reset(struct arena *arena);
/* Zeroed and aligned for any type; never NULL. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_copy(struct arena *arena, const void *from, size_t size);
struct bytes arena_bytes(struct arena *arena,
                         struct bytes from);                /* keeps NONE; adds a NUL behind */
char *arena_string(struct arena *arena, struct bytes from); /* NUL-terminated */
struct bytes arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
