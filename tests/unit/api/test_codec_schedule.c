/* Tests of what a schedule is set up with: defaults, the template as it was sent, what is refused.
 */
#include "codec_schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "api/api.h"
#include "arena_fixture.h"

static struct error error;
static struct schedule_edit edit;

static enum err read_schedule(const char *text)
{
    struct codec codec = {.bounds = &bounds, .arena = arena, .error = &error};

    error = (struct error){.code = OK};
    edit = (struct schedule_edit){.if_match = VERSION_UNASKED};
    return schedule_edit_read(&codec, bytes_of(text), &edit);
}

static void refuses(const char *text, enum err code, const char *where)
{
    assert_int_equal(read_schedule(text), code);
    assert_string_equal(error.where, where);
}

static void what_is_not_said_has_its_default(void **state)
{
    (void)state;
    assert_int_equal(read_schedule("{\"cron\":\"@daily\",\"task\":{}}"), OK);
    assert_true(bytes_is(edit.settings.cron, "@daily"));
    assert_true(bytes_is(edit.settings.timezone, "UTC"));
    assert_true(bytes_is(edit.settings.queue, "default"));
    assert_int_equal(edit.settings.overlap, OVERLAP_SKIP);
    assert_int_equal(edit.settings.missed, MISSED_ONCE);
    assert_int_equal(edit.settings.jitter_ms, 0);
    assert_false(edit.settings.paused);
}

static void all_of_it_is_taken_and_the_template_stays_as_it_was_sent(void **state)
{
    static const char text[] = "{ \"queue\" : \"q\", \"payload\": 0.10 }";

    (void)state;
    assert_int_equal(
        read_schedule("{\"cron\":\"* * * * *\",\"timezone\":\"Europe/Berlin\",\"task\":{ \"queue\" "
                      ": \"q\", \"payload\": 0.10 },\"overlap\":\"cancel_other\",\"missed\":"
                      "\"skip\",\"jitter_s\":1.5,\"paused\":true}"),
        OK);
    assert_true(bytes_is(edit.task, text));
    assert_true(bytes_is(edit.settings.timezone, "Europe/Berlin"));
    assert_true(bytes_is(edit.settings.queue, "q"));
    assert_int_equal(edit.settings.overlap, OVERLAP_CANCEL_OTHER);
    assert_int_equal(edit.settings.missed, MISSED_SKIP);
    assert_int_equal(edit.settings.jitter_ms, 1500);
    assert_true(edit.settings.paused);
}

static void the_template_is_read_as_a_submit(void **state)
{
    struct task_spec spec;

    (void)state;
    error = (struct error){.code = OK};
    assert_int_equal(api_read_task(&bounds, BYTES("{\"queue\":\"q\",\"payload\":0.10}"), 0, arena,
                                   &spec, &error),
                     OK);
    assert_true(bytes_is(spec.queue, "q"));
    assert_true(bytes_is(spec.payload.data, "0.10"));
    assert_int_equal(api_read_task(&bounds, BYTES("{\"priority\":1000}"), 0, arena, &spec, &error),
                     ERR_INVALID_FIELD);
    assert_string_equal(error.where, "/task/priority");
}

#define TASK(members) "{\"cron\":\"@daily\",\"task\":{" members "}}"

static void what_does_not_fit_is_refused_where_it_stands(void **state)
{
    (void)state;
    refuses("{\"task\":{}}", ERR_INVALID_FIELD, "/cron");
    refuses("{\"cron\":\"\",\"task\":{}}", ERR_INVALID_FIELD, "/cron");
    refuses("{\"cron\":\"@daily\"}", ERR_INVALID_FIELD, "/task");
    refuses("{\"cron\":\"@daily\",\"task\":[]}", ERR_INVALID_FIELD, "/task");
    refuses("{\"cron\":\"@daily\",\"task\":{},\"jitter_s\":3600.5}", ERR_INVALID_FIELD,
            "/jitter_s");
    refuses("{\"cron\":\"@daily\",\"task\":{},\"missed\":\"never\"}", ERR_INVALID_FIELD, "/missed");
    refuses("{\"cron\":\"@daily\",\"task\":{},\"zone\":1}", ERR_UNKNOWN_MEMBER, "/zone");
    refuses(TASK("\"delay_s\":0"), ERR_INVALID_FIELD, "/task/delay_s");
    refuses(TASK("\"run_at\":\"2030-01-01T00:00:00Z\""), ERR_INVALID_FIELD, "/task/run_at");
    refuses(TASK("\"typ\":1"), ERR_UNKNOWN_MEMBER, "/task/typ");
    refuses(TASK("\"queue\":\"a\",\"queue\":\"b\""), ERR_MALFORMED, "/task");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_said_has_its_default),
        cmocka_unit_test(all_of_it_is_taken_and_the_template_stays_as_it_was_sent),
        cmocka_unit_test(the_template_is_read_as_a_submit),
        cmocka_unit_test(what_does_not_fit_is_refused_where_it_stands),
    };

    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
