/* Arena: zeroed, aligned, growing, and empty again after a reset. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool is_zero(const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (at[i] != 0)
            return false;
    }
    return true;
}

static void memory_is_zeroed_and_aligned_also_after_a_reset(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        for (size_t size = 0; size < 300; size += 7) {
            char *at = arena_alloc(arena, size);

            assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
            assert_true(is_zero(at, size));
            memset(at, 0xa5, size);
        }
        arena_reset(arena);
    }
    arena_free(arena);
}

static void the_first_block_is_used_again(void **state)
{
    struct arena *arena = arena_new();
    const void *first = arena_alloc(arena, 100);

    (void)state;
    (void)arena_alloc(arena, 1 << 20);
    for (unsigned i = 0; i < 100; i++)
        (void)arena_alloc(arena, 1000);
    arena_reset(arena);

    assert_ptr_equal(arena_alloc(arena, 100), first);
    arena_free(arena);
}

static void pieces_never_overlap(void **state)
{
    struct arena *arena = arena_new();
    char *pieces[200];

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        pieces[i] = arena_alloc(arena, (size_t)i * i);
        memset(pieces[i], (int)i, (size_t)i * i);
    }
    for (unsigned i = 0; i < 200; i++) {
        for (size_t j = 0; j < (size_t)i * i; j++)
            assert_int_equal((unsigned char)pieces[i][j], i);
    }
    arena_free(arena);
}

static void a_big_piece_leaves_the_small_block_in_use(void **state)
{
    struct arena *arena = arena_new();
    const char *before = arena_alloc(arena, 16);

    (void)state;
    (void)arena_alloc(arena, 1 << 20);
    assert_ptr_equal(arena_alloc(arena, 16), before + 16);
    arena_free(arena);
}

static void copies_end_with_a_null(void **state)
{
    struct arena *arena = arena_new();
    struct bytes copy = arena_bytes(arena, BYTES("a\0b"));

    (void)state;
    assert_true(bytes_equal(copy, BYTES("a\0b")));
    assert_int_equal(copy.at[3], 0);
    assert_null(arena_bytes(arena, BYTES_NONE).at);
    assert_non_null(arena_bytes(arena, BYTES("")).at);
    assert_string_equal(arena_string(arena, BYTES("abc")), "abc");
    assert_string_equal(arena_string(arena, BYTES_NONE), "");
    assert_memory_equal(arena_copy(arena, "xyz", 4), "xyz", 4);
    arena_free(arena);
}

static void printing_measures_first(void **state)
{
    struct arena *arena = arena_new();
    struct bytes text = arena_printf(arena, "%0*d|%s", 10000, 7, "end");

    (void)state;
    assert_int_equal(text.len, 10004);
    assert_string_equal(text.at + 9999, "7|end");
    arena_free(arena);
}

static void no_arena_can_be_freed(void **state)
{
    (void)state;
    arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned_also_after_a_reset),
        cmocka_unit_test(the_first_block_is_used_again),
        cmocka_unit_test(pieces_never_overlap),
        cmocka_unit_test(a_big_piece_leaves_the_small_block_in_use),
        cmocka_unit_test(copies_end_with_a_null),
        cmocka_unit_test(printing_measures_first),
        cmocka_unit_test(no_arena_can_be_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
