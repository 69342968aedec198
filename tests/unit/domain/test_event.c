/* Event: every kind has a name of its own; an event has one form; a filter lets through what it
 * names. */
#include "domain/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "death.h"

static void every_kind_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int one = EVENT_NONE + 1; one < EVENT_MAX; one++) {
        const char *name = event_name((enum event_kind)one);

        assert_non_null(name);
        assert_non_null(strchr(name, '.'));
        for (int other = one + 1; other < EVENT_MAX; other++)
            assert_string_not_equal(name, event_name((enum event_kind)other));
    }
    assert_string_equal(event_name(EVENT_TASK_CANCELLED), "task.cancelled");
}

static void name_of_no_event(void)
{
    (void)event_name(EVENT_NONE);
}

static void name_behind_the_last_event(void)
{
    (void)event_name(EVENT_MAX);
}

static void what_is_not_in_the_table_has_no_name(void **state)
{
    (void)state;
    assert_true(dies(name_of_no_event));
    assert_true(dies(name_behind_the_last_event));
}

static const char TASK[] = "0198b2f0-1111-7222-8333-444455556666";
static const char OTHER[] = "0198b2f0-1111-7222-8333-444455556667";

static struct event one(void)
{
    struct event event = {
        .number = INT64_C(9007199254740993),
        .at_ms = INT64_C(1700000000123),
        .kind = EVENT_TASK_SUCCEEDED,
        .ns = BYTES("default"),
        .queue = BYTES("mail.out"),
        .task_type = BYTES("send \"it\""),
        .data = BYTES("{\"attempt\":1}"),
    };

    assert_true(id_parse(bytes_of(TASK), &event.task));
    return event;
}

static void an_event_tells_all_of_it(void **state)
{
    struct arena *arena = arena_new();
    struct event event = one();
    struct bytes json = event_json(&event, arena);

    (void)state;
    /* The number is text: it may be beyond what a double holds. */
    assert_true(bytes_is(
        json,
        "{\"id\":\"9007199254740993\",\"at\":\"2023-11-14T22:13:20.123Z\","
        "\"type\":\"task.succeeded\",\"namespace\":\"default\","
        "\"task_id\":\"0198b2f0-1111-7222-8333-444455556666\","
        "\"task_type\":\"send \\\"it\\\"\",\"queue\":\"mail.out\",\"data\":{\"attempt\":1}}"));
    arena_free(arena);
}

static void an_event_without_task_and_queue_names_none(void **state)
{
    struct arena *arena = arena_new();
    struct event event = {.number = 7, .kind = EVENT_WORKER_LOST, .ns = BYTES("a")};

    (void)state;
    assert_true(bytes_is(event_json(&event, arena),
                         "{\"id\":\"7\",\"at\":\"1970-01-01T00:00:00.000Z\","
                         "\"type\":\"worker.lost\",\"namespace\":\"a\",\"data\":{}}"));
    arena_free(arena);
}

static void types_name_kinds(void **state)
{
    static const struct {
        const char *types;
        bool is_valid;
    } cases[] = {
        {"*", true},
        {"task.*", true},
        {"task.succeeded,worker.lost", true},
        {"*.lost", true},
        {"", false},
        {"task", false},
        {"task.succeded", false},
        {"task.*,task.succeded", false}, /* one good glob excuses no slip beside it */
        {"task.*,", false},
        {",task.*", false},
        {"task. *", false},
        {"Task.*", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (event_types_are_valid(bytes_of(cases[i].types)) != cases[i].is_valid)
            fail_msg("%s", cases[i].types);
    assert_false(event_types_are_valid(BYTES_NONE));
}

static void a_filter_lets_through_what_it_names(void **state)
{
    struct event event = one(), bare = {.kind = EVENT_WORKER_LOST, .ns = BYTES("default")};
    char both[2 * ID_TEXT_LEN + 2];
    struct {
        struct event_filter filter;
        bool task, worker;
    } cases[] = {
        {{.types = BYTES_NONE}, true, true},
        {{.types = BYTES("task.*")}, true, false},
        {{.types = BYTES("*.lost,task.failed")}, false, true},
        {{.queues = BYTES("mail.*")}, true, false},
        {{.queues = BYTES("*")}, true, false},
        {{.queues = BYTES("mail")}, false, false},
        {{.tasks = bytes_of(TASK)}, true, false},
        {{.tasks = bytes_of(OTHER)}, false, false},
        {{.tasks = BYTES("two, below")}, true, false},
        {{.types = BYTES("task.*"), .queues = BYTES("x"), .tasks = bytes_of(TASK)}, false, false},
        {{.types = BYTES("task.*"), .queues = BYTES("m*"), .tasks = bytes_of(TASK)}, true, false},
    };

    (void)state;
    (void)snprintf(both, sizeof(both), "%s,%s", OTHER, TASK);
    cases[8].filter.tasks = bytes_of(both);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(event_matches(&cases[i].filter, &event), cases[i].task);
        assert_int_equal(event_matches(&cases[i].filter, &bare), cases[i].worker);
    }
}

static void four_kinds_are_ends(void **state)
{
    unsigned ends = 0;

    (void)state;
    for (int kind = EVENT_NONE + 1; kind < EVENT_MAX; kind++)
        ends += event_is_end((enum event_kind)kind);
    assert_int_equal(ends, 4);
    assert_true(event_is_end(EVENT_TASK_SUCCEEDED) && event_is_end(EVENT_TASK_FAILED) &&
                event_is_end(EVENT_TASK_CANCELLED) && event_is_end(EVENT_TASK_EXPIRED));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_a_name_of_its_own),
        cmocka_unit_test(four_kinds_are_ends),
        cmocka_unit_test(what_is_not_in_the_table_has_no_name),
        cmocka_unit_test(an_event_tells_all_of_it),
        cmocka_unit_test(an_event_without_task_and_queue_names_none),
        cmocka_unit_test(types_name_kinds),
        cmocka_unit_test(a_filter_lets_through_what_it_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
