/* Quotas: what the command line names is changed, and the rest stays as the broker has it. */
#include "quotas.h"

#include "commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { WORDS_MAX = 9, BODY_MAX = 4096 };

/* NULL: refused. words are the options, NULL-ended. */
static void expect(const char *before, const char *const words[], const char *body)
{
    char name[] = "team-a";
    char *args[WORDS_MAX + 1] = {name};
    int args_len = 1;
    struct options *options = NULL;
    struct buffer made;

    for (; *words != NULL; words++) {
        assert_in_range(args_len, 0, WORDS_MAX - 1);
        args[args_len++] = (char *)(uintptr_t)*words;
    }
    assert_int_equal(options_parse(&command_namespace_set, args_len, args, &options),
                     OPTIONS_READY);
    buffer_init(&made, BODY_MAX);
    assert_int_equal(quotas_write(options, bytes_of(before), &made), body != NULL);
    if (body != NULL)
        assert_true(bytes_is(buffer_bytes(&made), body));
    buffer_fini(&made);
    options_free(options);
}

#define EXPECT(before, body, ...) expect(before, (const char *const[]){__VA_ARGS__, NULL}, body)
#define HAS                                                                                        \
    "{\"version\":3,\"pending_limit\":10,\"bytes_limit\":null,\"queues_limit\":0,"                 \
    "\"rate\":{\"units\":50,\"period_s\":2.5,\"burst\":50}}"

static void what_is_not_named_stays(void **state)
{
    (void)state;
    expect(HAS, (const char *const[]){NULL},
           "{\"pending_limit\":10,\"bytes_limit\":null,\"queues_limit\":0,"
           "\"rate\":{\"units\":50,\"period_s\":2.5}}");
    EXPECT(HAS,
           "{\"pending_limit\":10,\"bytes_limit\":1024,\"queues_limit\":0,"
           "\"rate\":{\"units\":50,\"period_s\":2.5}}",
           "--bytes", "1KiB");
}

static void none_lifts_a_limit(void **state)
{
    (void)state;
    EXPECT(HAS, "{\"pending_limit\":null,\"bytes_limit\":null,\"queues_limit\":0,\"rate\":null}",
           "--pending", "none", "--rate", "none");
}

static void a_burst_of_its_own_outlives_a_new_rate(void **state)
{
    (void)state;
    EXPECT("{\"rate\":{\"units\":50,\"period_s\":1,\"burst\":70}}",
           "{\"pending_limit\":null,\"bytes_limit\":null,\"queues_limit\":null,"
           "\"rate\":{\"units\":60,\"period_s\":1,\"burst\":70}}",
           "--rate", "60");
    EXPECT("{}",
           "{\"pending_limit\":null,\"bytes_limit\":null,\"queues_limit\":null,"
           "\"rate\":{\"units\":60,\"period_s\":10,\"burst\":5}}",
           "--rate", "60", "--per", "10s", "--burst", "5");
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    EXPECT("{}", NULL, "--pending", "-1");
    EXPECT("{}", NULL, "--queues", "1000001");
    EXPECT("{}", NULL, "--bytes", "much");
    EXPECT("{}", NULL, "--rate", "0");
    EXPECT("{}", NULL, "--burst", "5");
    EXPECT(HAS, NULL, "--rate", "none", "--per", "2s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_named_stays),
        cmocka_unit_test(none_lifts_a_limit),
        cmocka_unit_test(a_burst_of_its_own_outlives_a_new_rate),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
