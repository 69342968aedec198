/* Bounds: settings become what requests are judged by. */
#include "bounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum err load(struct config *config, const struct config_args *args, struct error *error)
{
    static char *nothing[] = {NULL};

    return config_load(config, args, nothing, error);
}

static void without_settings_they_are_the_defaults(void **state)
{
    const struct config_args args = {.file = NULL};
    struct bounds expected = bounds_default();
    struct bounds bounds;
    struct config config;
    struct error error;

    (void)state;
    assert_int_equal(load(&config, &args, &error), OK);
    bounds = bounds_of_config(&config);
    for (enum bound bound = BOUND_NONE + 1; bound < BOUNDS_LEN; bound++)
        assert_int_equal(bounds.of[bound], expected.of[bound]);
    config_fini(&config);
}

static void each_is_set_by_its_flag(void **state)
{
    const struct config_args args = {.flags = {[KNOB_BOUND_PAYLOAD_MAX] = "64KiB",
                                               [KNOB_BOUND_LEASE_MAX] = "90s",
                                               [KNOB_BOUND_TAGS_MAX] = "2"}};
    struct bounds bounds;
    struct config config;
    struct error error;

    (void)state;
    assert_int_equal(load(&config, &args, &error), OK);
    bounds = bounds_of_config(&config);
    assert_int_equal(bounds.of[BOUND_PAYLOAD_MAX], 65536);
    assert_int_equal(bounds.of[BOUND_LEASE_MAX], 90000);
    assert_int_equal(bounds.of[BOUND_TAGS_MAX], 2);
    config_fini(&config);
}

static void none_goes_beyond_its_ceiling(void **state)
{
    const struct config_args args = {.flags = {[KNOB_BOUND_NAME_MAX] = "129"}};
    struct config config;
    struct error error;

    (void)state;
    assert_int_equal(load(&config, &args, &error), ERR_INVALID_FIELD);
    config_fini(&config);
}

static void a_body_fits_into_the_memory_of_all(void **state)
{
    const struct config_args args = {
        .flags = {[KNOB_BODIES_MAX] = "8MiB", [KNOB_BOUND_BODY_MAX] = "16MiB"}};
    struct config config;
    struct error error;

    (void)state;
    assert_int_equal(load(&config, &args, &error), ERR_INVALID_FIELD);
    assert_string_equal(error.where, "bounds.body_max");
    config_fini(&config);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_settings_they_are_the_defaults),
        cmocka_unit_test(each_is_set_by_its_flag),
        cmocka_unit_test(none_goes_beyond_its_ceiling),
        cmocka_unit_test(a_body_fits_into_the_memory_of_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
