/* Arena: bump allocation in blocks; the first block is kept over resets, so that a usual request
 * allocates nothing. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

enum {
    ALIGNMENT = 16,
    FIRST_BLOCK = 8 * 1024,
    BLOCK_MAX = 256 * 1024,
};

struct block {
    struct block *next;
};

/* Lives at the start of its own first block. */
struct arena {
    char *at;
    char *end;
    struct block *more; /* newest first; the first block is not in this list */
    size_t size_next;
};

static size_t aligned(size_t size)
{
    return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static void use_first_block(struct arena *arena)
{
    arena->at = (char *)arena + aligned(sizeof(*arena));
    arena->end = (char *)arena + FIRST_BLOCK;
    arena->more = NULL;
    arena->size_next = 2 * (size_t)FIRST_BLOCK;
}

struct arena *arena_new(void)
{
    struct arena *arena = mem_resize(NULL, FIRST_BLOCK);

    use_first_block(arena);
    return arena;
}

static void free_more(struct arena *arena)
{
    struct block *block = arena->more;

    while (block != NULL) {
        struct block *next = block->next;

        free(block);
        block = next;
    }
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    free_more(arena);
    free(arena);
}

void arena_reset(struct arena *arena)
{
    free_more(arena);
    use_first_block(arena);
}

/* A block for this request; a big one gets a block of its own and leaves the current one in use. */
static void *take_from_new_block(struct arena *arena, size_t size)
{
    size_t head = aligned(sizeof(struct block));
    bool is_big = size > arena->size_next / 4;
    size_t block_size = is_big ? head + size : arena->size_next;
    struct block *block = mem_resize(NULL, block_size);
    char *memory = (char *)block + head;

    block->next = arena->more;
    arena->more = block;
    if (!is_big) {
        arena->at = memory + size;
        arena->end = (char *)block + block_size;
        if (arena->size_next < BLOCK_MAX)
            arena->size_next *= 2;
    }
    return memory;
}

/* Aligned, not zeroed. */
static void *take(struct arena *arena, size_t size)
{
    ASSERT(size <= PTRDIFF_MAX / 2);
    size = size > 0 ? aligned(size) : ALIGNMENT;
    if (size > (size_t)(arena->end - arena->at))
        return take_from_new_block(arena, size);

    void *memory = arena->at;

    arena->at += size;
    return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(take(arena, size), 0, size);
}

void *arena_copy(struct arena *arena, const void *from, size_t size)
{
    void *memory = take(arena, size);

    if (size > 0)
        memcpy(memory, from, size);
    return memory;
}

char *arena_string(struct arena *arena, struct bytes from)
{
    char *text = take(arena, from.len + 1);

    if (from.len > 0)
        memcpy(text, from.at, from.len);
    text[from.len] = '\0';
    return text;
}

struct bytes arena_bytes(struct arena *arena, struct bytes from)
{
    if (from.at == NULL)
        return BYTES_NONE;
    return (struct bytes){arena_string(arena, from), from.len};
}

struct bytes arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ASSERT(len >= 0);

    char *text = take(arena, (size_t)len + 1);

    va_start(args, format);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return (struct bytes){text, (size_t)len};
}
