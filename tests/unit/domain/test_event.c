/* Event: every kind has a name of the form thing.happening, and no two share one. */
#include "domain/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_a_name_of_its_own),
        cmocka_unit_test(what_is_not_in_the_table_has_no_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
