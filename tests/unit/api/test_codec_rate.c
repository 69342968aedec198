/* Tests of the rate codec: what is not said, what cannot be, and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "codec_rate.h"

struct holder {
    int before;
    struct rate_limit rate;
    int behind;
};

static enum err read_rate(const char *text, struct holder *ret_holder, struct error *error)
{
    static const struct field fields[] = {{.name = "rate",
                                           .read = field_rate,
                                           .at = offsetof(struct holder, rate),
                                           .nullable = true}};
    static const struct shape shape = SHAPE(fields, NULL);
    struct codec codec = {.bounds = &bounds, .arena = arena, .error = error};

    *ret_holder = (struct holder){.before = 1, .behind = 2};
    return codec_body(&codec, bytes_of(text), &shape, ret_holder, NULL);
}

static void what_is_not_said_is_a_second_and_as_many(void **state)
{
    struct holder holder;
    struct error error;

    (void)state;
    assert_int_equal(read_rate("{\"rate\":{\"units\":2.5}}", &holder, &error), OK);
    assert_true(holder.rate.units == 2.5);
    assert_true(holder.rate.period_s == 1);
    assert_true(holder.rate.burst == 2.5);
    assert_int_equal(holder.before, 1);
    assert_int_equal(holder.behind, 2);
    assert_int_equal(
        read_rate("{\"rate\":{\"units\":2,\"period_s\":60,\"burst\":1.5}}", &holder, &error), OK);
    assert_true(holder.rate.period_s == 60);
    assert_true(holder.rate.burst == 1.5);
}

static void null_is_without_bound(void **state)
{
    struct holder holder;
    struct error error;

    (void)state;
    assert_int_equal(read_rate("{\"rate\":null}", &holder, &error), OK);
    assert_true(holder.rate.units <= 0);
}

static void what_cannot_be_is_pointed_at(void **state)
{
    static const char *const wrong[][2] = {
        {"{\"rate\":{}}", "/rate/units"},
        {"{\"rate\":7}", "/rate"},
        {"{\"rate\":{\"units\":0}}", "/rate/units"},
        {"{\"rate\":{\"units\":-1}}", "/rate/units"},
        {"{\"rate\":{\"units\":\"5\"}}", "/rate/units"},
        {"{\"rate\":{\"units\":1000000001}}", "/rate/units"},
        {"{\"rate\":{\"units\":1,\"period_s\":86401}}", "/rate/period_s"},
        {"{\"rate\":{\"units\":1,\"period_s\":null}}", "/rate/period_s"},
        {"{\"rate\":{\"units\":1,\"burst\":0}}", "/rate/burst"},
        {"{\"rate\":{\"units\":1,\"burst\":0.5}}", "/rate/burst"},
    };
    struct holder holder;
    struct error error;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(read_rate(wrong[i][0], &holder, &error), ERR_INVALID_FIELD);
        assert_string_equal(error.where, wrong[i][1]);
    }
}

static void it_is_written_as_it_is_read(void **state)
{
    struct rate_limit rate = {0.1, 60, 3}, none = {.units = 0};
    struct buffer buffer;
    struct json_out out;

    (void)state;
    buffer_init(&buffer, 1024);
    json_out_init(&out, &buffer);
    json_out_array(&out);
    wire_rate(&out, &rate);
    wire_rate(&out, &none);
    json_out_array_end(&out);
    assert_true(
        bytes_is(buffer_bytes(&buffer), "[{\"units\":0.1,\"period_s\":60,\"burst\":3},null]"));
    buffer_fini(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_said_is_a_second_and_as_many),
        cmocka_unit_test(null_is_without_bound),
        cmocka_unit_test(what_cannot_be_is_pointed_at),
        cmocka_unit_test(it_is_written_as_it_is_read),
    };

    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
