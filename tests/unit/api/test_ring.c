/* Ring: what follows is kept within bounds, what does not begins anew. */
#include "ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "pack.h"

static int setup(void **state)
{
    *state = ring_new();
    return 0;
}

static int teardown(void **state)
{
    ring_free(*state);
    return 0;
}

static void what_follows_is_kept(void **state)
{
    struct ring *ring = *state;

    assert_false(ring_take(ring, pack_make(5, 3, 0)));
    assert_int_equal(ring_after(ring), 5);
    assert_true(ring_take(ring, pack_make(8, 2, 0)));
    assert_int_equal(ring_after(ring), 5);
    assert_int_equal(ring_last(ring), 10);
    for (int64_t number = 6; number <= 10; number++)
        assert_int_equal(ring_event(ring, number)->number, number);
}

static void a_gap_begins_anew(void **state)
{
    struct ring *ring = *state;

    (void)ring_take(ring, pack_make(0, 3, 0));
    assert_false(ring_take(ring, pack_make(7, 1, 0)));
    assert_int_equal(ring_after(ring), 7);
    assert_int_equal(ring_last(ring), 8);
}

static void what_was_not_kept_leaves_nothing(void **state)
{
    struct ring *ring = *state;

    (void)ring_take(ring, pack_make(0, 3, 0));
    assert_false(ring_take(ring, pack_make(3, 0, 4)));
    assert_int_equal(ring_after(ring), 7);
    assert_int_equal(ring_last(ring), 7);
    assert_true(ring_take(ring, pack_make(7, 1, 0)));
}

static void the_oldest_go_when_they_are_too_many(void **state)
{
    struct ring *ring = *state;

    for (int64_t after = 0; after < 40000; after += 1000)
        (void)ring_take(ring, pack_make(after, 1000, 0));
    assert_int_equal(ring_last(ring), 40000);
    assert_in_range(ring_last(ring) - ring_after(ring), 15000, 16384);
    assert_int_equal(ring_event(ring, ring_after(ring) + 1)->number, ring_after(ring) + 1);
}

static void the_oldest_go_when_they_are_too_large(void **state)
{
    struct ring *ring = *state;

    for (int64_t after = 0; after < 10; after++) {
        struct event_pack *pack = pack_make(after, 1, 0);

        pack->size = 1 << 20;
        (void)ring_take(ring, pack);
    }
    assert_int_equal(ring_last(ring) - ring_after(ring), 4);
}

static void a_text_is_lines_of_which_none_is_broken(void **state)
{
    struct ring *ring = *state;
    struct event_pack *pack = pack_make(0, 1, 0);
    struct bytes text;

    pack->events[0].data = BYTES("{\n\"a\":\r\n1}");
    (void)ring_take(ring, pack);
    text = ring_text(ring, 1);
    assert_true(bytes_starts(text, "id: 1\nevent: task.submitted\ndata: {\"id\":\"1\","));
    assert_non_null(strstr(text.at, "\"data\":{ \"a\":  1}}\n\n"));
    assert_ptr_equal(ring_text(ring, 1).at, text.at); /* made once */
}

#define WITH_RING(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_RING(what_follows_is_kept),
        WITH_RING(a_gap_begins_anew),
        WITH_RING(what_was_not_kept_leaves_nothing),
        WITH_RING(the_oldest_go_when_they_are_too_many),
        WITH_RING(the_oldest_go_when_they_are_too_large),
        WITH_RING(a_text_is_lines_of_which_none_is_broken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
