/* Tests of endpoints in memory: in the order of their changes, each with a copy of its own. */
#include "hot_target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct target_owner OWNER = {.kind = TARGET_WEBHOOK};

static int setup(void **state)
{
    static struct hot_targets targets;

    hot_targets_init(&targets);
    *state = &targets;
    return 0;
}

static int teardown(void **state)
{
    struct hot_targets *targets = *state;
    struct hot_target *target;

    while ((target = hot_target_after(targets, 0)) != NULL)
        hot_target_free(targets, target);
    hot_targets_fini(targets);
    return 0;
}

static struct hot_target *add(struct hot_targets *targets, int64_t webhook)
{
    return hot_target_new(targets, &OWNER, NULL, BYTES("https://a.example"), webhook);
}

static void those_behind_a_mark_come_in_the_order_of_change(void **state)
{
    struct hot_targets *targets = *state;
    struct hot_target *a = add(targets, 1), *b = add(targets, 2), *c = add(targets, 3);

    assert_ptr_equal(hot_target_after(targets, 0), a);
    assert_ptr_equal(hot_target_after(targets, a->changed), b);
    assert_null(hot_target_after(targets, c->changed));

    int64_t before = c->changed;

    hot_target_mark(targets, a);
    assert_ptr_equal(hot_target_after(targets, 0), b);
    assert_ptr_equal(hot_target_next(targets, c), a);
    assert_null(hot_target_next(targets, a));
    assert_ptr_equal(hot_target_after(targets, before), a);
}

static void a_webhooks_is_found_until_it_is_freed(void **state)
{
    struct hot_targets *targets = *state;
    struct hot_target *target = add(targets, 7);

    assert_ptr_equal(hot_target_of_webhook(targets, 7), target);
    assert_null(hot_target_of_webhook(targets, 8));
    hot_target_free(targets, target);
    assert_null(hot_target_of_webhook(targets, 7));
    assert_null(hot_target_after(targets, 0));
}

static void an_error_is_copied_and_goes_with_the_next_note(void **state)
{
    struct hot_target *target = add(*state, 1);
    char text[] = "refused";
    struct target_health health = {.sent = 1, .error = {text, 7}};

    hot_target_note(target, &health);
    text[0] = 'X';
    assert_true(bytes_is(target->health.error, "refused"));
    health = (struct target_health){.sent = 2};
    hot_target_note(target, &health);
    assert_null(target->health.error.at);
    assert_int_equal(target->health.sent, 2);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(those_behind_a_mark_come_in_the_order_of_change),
        FRESH(a_webhooks_is_found_until_it_is_freed),
        FRESH(an_error_is_copied_and_goes_with_the_next_note),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
