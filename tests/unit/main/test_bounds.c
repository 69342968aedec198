/* Bounds: settings become what requests are judged by. */
#include "bounds.h"

#include "api/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

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
    const struct config_args payload = {
        .flags = {[KNOB_BODIES_MAX] = "8MiB", [KNOB_BOUND_PAYLOAD_MAX] = "16MiB"}};
    struct config config;
    struct error error;

    (void)state;
    assert_int_equal(load(&config, &args, &error), ERR_INVALID_FIELD);
    assert_string_equal(error.where, "bounds.body_max");
    config_fini(&config);
    assert_int_equal(load(&config, &payload, &error), ERR_INVALID_FIELD);
    assert_string_equal(error.where, "bounds.payload_max");
    config_fini(&config);
}

static const struct route *find(const struct route *routes, size_t len, const char *operation)
{
    for (size_t i = 0; i < len; i++)
        if (bytes_is(bytes_of(operation), routes[i].operation))
            return &routes[i];
    fail_msg("there is no %s", operation);
    return NULL;
}

static void each_body_has_its_own_bound(void **state)
{
    struct bounds bounds = bounds_default();
    struct route *routes;
    size_t len;

    (void)state;
    bounds.of[BOUND_BODY_MAX] = 100000;
    bounds.of[BOUND_PAYLOAD_MAX] = 8 << 20;
    bounds.of[BOUND_RESULT_MAX] = 5000;
    routes = api_routes(&bounds, &len);

    assert_int_equal(find(routes, len, "submit_task")->body_max, 100000);
    assert_string_equal(find(routes, len, "submit_task")->body_bound, "body_max");
    assert_int_equal(find(routes, len, "submit_raw")->body_max, 8 << 20);
    assert_string_equal(find(routes, len, "submit_raw")->body_bound, "payload_max");
    assert_int_equal(find(routes, len, "complete_lease")->body_max, 5000);
    assert_string_equal(find(routes, len, "complete_lease")->body_bound, "result_max");
    free(routes);
}

static void what_has_no_body_has_no_bound_to_set(void **state)
{
    struct bounds bounds = bounds_default();
    struct route *routes;
    size_t len;

    (void)state;
    routes = api_routes(&bounds, &len);

    assert_null(find(routes, len, "get_task")->body_bound);
    assert_int_equal(find(routes, len, "submit_batch")->body_max, 0);
    free(routes);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_settings_they_are_the_defaults),
        cmocka_unit_test(each_is_set_by_its_flag),
        cmocka_unit_test(none_goes_beyond_its_ceiling),
        cmocka_unit_test(a_body_fits_into_the_memory_of_all),
        cmocka_unit_test(each_body_has_its_own_bound),
        cmocka_unit_test(what_has_no_body_has_no_bound_to_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
