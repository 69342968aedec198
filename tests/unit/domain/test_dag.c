/* Dag: names in an array. */
#include "domain/dag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 1000 };

static struct arena *arena;

static int setup(void **state)
{
    *state = arena = arena_new();
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static struct dag_member member(const char *ref, const char *depends_on)
{
    return (struct dag_member){.ref = bytes_of(ref), .depends_on = bytes_of(depends_on)};
}

static bool make(struct dag_member *members, unsigned len, struct dag *dag, struct error *error)
{
    *error = (struct error){.code = OK};
    for (unsigned i = 0; i < len; i++)
        members[i].place = i;
    return dag_make(members, len, true, arena, dag, error);
}

/* Whom others come after stands before them; everybody stands there once. */
static void assert_ordered(const struct dag *dag, unsigned len)
{
    unsigned *places = arena_alloc(arena, len * sizeof(*places));

    for (unsigned i = 0; i < len; i++)
        places[dag->order[i]] += i + 1;
    for (unsigned i = 0; i < len; i++) {
        assert_in_range(places[i], 1, len);
        assert_int_equal(dag->order[places[i] - 1], i);
    }
}

static void without_names_the_order_is_the_arrays(void **state)
{
    struct dag_member members[] = {
        member(NULL, NULL),
        member(NULL, "019a8b0c-0000-7000-8000-000000000001\n"),
        member("c", NULL),
    };
    struct error error;
    struct dag dag;

    (void)state;
    assert_true(make(members, 3, &dag, &error));
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(dag.order[i], i);
    assert_int_equal(dag.awaits[1][0], -1);
}

static void a_diamond_begins_at_its_top(void **state)
{
    struct dag_member members[] = {
        member("end", "left\nright\n"),
        member("left", "top\n"),
        member("right", "top\n"),
        member("top", NULL),
    };
    static const unsigned order[] = {3, 1, 2, 0};
    struct error error;
    struct dag dag;

    (void)state;
    assert_true(make(members, 4, &dag, &error));
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(dag.order[i], order[i]);
    assert_int_equal(dag.awaits[0][1], 2);
}

static void a_long_chain_backwards_is_turned(void **state)
{
    struct dag_member *members = arena_alloc(arena, MANY * sizeof(*members));
    struct error error;
    struct dag dag;

    (void)state;
    for (unsigned i = 0; i < MANY; i++)
        members[i] = (struct dag_member){
            .ref = arena_printf(arena, "m%u", i),
            .depends_on = i + 1 < MANY ? arena_printf(arena, "m%u\n", i + 1) : BYTES_NONE,
        };
    assert_true(make(members, MANY, &dag, &error));
    assert_ordered(&dag, MANY);
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(dag.order[i], MANY - 1 - i);
}

static void everybody_may_come_after_everybody_before(void **state)
{
    enum { DENSE = 100 };
    struct dag_member members[DENSE];
    struct bytes all = BYTES("");
    struct error error;
    struct dag dag;

    (void)state;
    for (unsigned i = 0; i < DENSE; i++) {
        members[i] = (struct dag_member){.ref = arena_printf(arena, "m%u", i), .depends_on = all};
        all = arena_printf(arena, "%.*sm%u\n", BYTES_ARG(all), i);
    }
    assert_true(make(members, DENSE, &dag, &error));
    assert_ordered(&dag, DENSE);
}

static void an_unknown_name_is_pointed_at(void **state)
{
    struct dag_member members[] = {member("a", NULL), member("b", "a\nnobody\n")};
    struct error error;
    struct dag dag;

    (void)state;
    assert_false(make(members, 2, &dag, &error));
    assert_int_equal(error.code, ERR_INVALID_FIELD);
    assert_string_equal(error.where, "/1/depends_on/1");
    assert_non_null(strstr(error.detail, "nobody"));
}

static void a_name_is_given_once(void **state)
{
    struct dag_member members[] = {member("a", NULL), member("a", NULL)};
    struct error error;
    struct dag dag;

    (void)state;
    assert_false(make(members, 2, &dag, &error));
    assert_string_equal(error.where, "/1/ref");
}

static void a_circle_is_named(void **state)
{
    struct dag_member members[] = {
        member("out", "a\n"), member("a", "b\n"),   member("b", "out2\nc\n"),
        member("c", "a\n"),   member("out2", NULL),
    };
    struct error error;
    struct dag dag;

    (void)state;
    assert_false(make(members, 5, &dag, &error));
    assert_string_equal(error.where, "/3/depends_on/0");
    assert_string_equal(error.detail, "members wait for each other in a circle: a, b, c, a");
}

static void nobody_comes_after_itself(void **state)
{
    struct dag_member members[] = {member("a", "a\n")};
    struct error error;
    struct dag dag;

    (void)state;
    assert_false(make(members, 1, &dag, &error));
    assert_string_equal(error.where, "/0/depends_on/0");
    assert_string_equal(error.detail, "members wait for each other in a circle: a, a");
}

static void a_circle_of_all_is_cut_short_in_words(void **state)
{
    struct dag_member *members = arena_alloc(arena, MANY * sizeof(*members));
    struct error error;
    struct dag dag;

    (void)state;
    for (unsigned i = 0; i < MANY; i++)
        members[i] =
            (struct dag_member){.ref = arena_printf(arena, "member-%u", i),
                                .depends_on = arena_printf(arena, "member-%u\n", (i + 1) % MANY)};
    assert_false(make(members, MANY, &dag, &error));
    assert_string_equal(error.where, "/999/depends_on/0");
}

static void places_are_those_of_the_array_that_was_sent(void **state)
{
    struct dag_member members[] = {
        {.ref = BYTES("a"), .depends_on = BYTES("lost\n"), .place = 1},
        {.ref = BYTES("b"), .depends_on = BYTES("b\n"), .place = 7},
    };
    struct error error = {.code = OK};
    struct dag dag;

    (void)state;
    assert_false(dag_make(members, 2, false, arena, &dag, &error));
    assert_string_equal(error.where, "/7/depends_on/0");
    assert_true(dag_make(members, 1, false, arena, &dag, &error));
    assert_int_equal(dag.awaits[0][0], DAG_UNKNOWN);
    assert_false(dag_make(members, 1, true, arena, &dag, &error));
    assert_string_equal(error.where, "/1/depends_on/0");
}

#define KEPT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEPT(without_names_the_order_is_the_arrays),
        KEPT(a_diamond_begins_at_its_top),
        KEPT(a_long_chain_backwards_is_turned),
        KEPT(everybody_may_come_after_everybody_before),
        KEPT(an_unknown_name_is_pointed_at),
        KEPT(a_name_is_given_once),
        KEPT(a_circle_is_named),
        KEPT(nobody_comes_after_itself),
        KEPT(places_are_those_of_the_array_that_was_sent),
        KEPT(a_circle_of_all_is_cut_short_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
