/* JSON out: commas and escapes come by themselves, and everything written passes the strict scan
 * and reads back. */
#include "base/json_out.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_scan.h"
#include "base/parse.h"
#include "base/random.h"

static const struct json_limits LIMITS = {
    .depth_max = 32, .nodes_max = 20000, .lifted_depth_max = 512};

struct fixture {
    struct buffer buffer;
    struct json_out out;
    struct arena *arena;
};

static int open_fixture(void **state)
{
    static struct fixture fixture;

    buffer_init(&fixture.buffer, 1 << 20);
    json_out_init(&fixture.out, &fixture.buffer);
    fixture.arena = arena_new();
    *state = &fixture;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;

    buffer_fini(&fixture->buffer);
    arena_free(fixture->arena);
    return 0;
}

static void assert_written(const struct fixture *fixture, const char *expected)
{
    struct bytes text = buffer_bytes(&fixture->buffer);

    if (!bytes_is(text, expected))
        fail_msg("%.*s", BYTES_ARG(text));
    assert_int_equal(json_check_kept(text, &LIMITS, NULL), OK);
}

static void commas_stand_between_items(void **state)
{
    struct fixture *fixture = *state;
    struct json_out *out = &fixture->out;

    json_out_object(out);
    json_out_key(out, "a");
    json_out_array(out);
    json_out_int(out, 1);
    json_out_array(out);
    json_out_array_end(out);
    json_out_object(out);
    json_out_object_end(out);
    json_out_null(out);
    json_out_bool(out, true);
    json_out_bool(out, false);
    json_out_array_end(out);
    json_out_key_bytes(out, BYTES("k\"ey"));
    json_out_raw(out, BYTES("{ \"x\": 1.0 }"));
    json_out_key_bytes(out, BYTES("z"));
    json_out_text(out, BYTES("t"));
    json_out_object_end(out);

    assert_written(fixture,
                   "{\"a\":[1,[],{},null,true,false],\"k\\\"ey\":{ \"x\": 1.0 },\"z\":\"t\"}");
}

static void members_take_one_line(void **state)
{
    struct fixture *fixture = *state;
    struct json_out *out = &fixture->out;

    json_out_object(out);
    json_member_text(out, "a", BYTES("x"));
    json_member_text_or_null(out, "b", BYTES_NONE);
    json_member_text_or_null(out, "c", BYTES(""));
    json_member_int(out, "d", -5);
    json_member_int_or_null(out, "e", -1);
    json_member_int_or_null(out, "f", 0);
    json_member_bool(out, "g", true);
    json_member_raw(out, "h", BYTES("[1]"));
    json_member_raw_or_null(out, "m", BYTES("[2]"));
    json_member_raw_or_null(out, "n", BYTES_NONE);
    json_member_time_or_null(out, "i", -1);
    json_member_time_or_null(out, "j", 1767323045678);
    json_member_seconds_or_null(out, "k", -1);
    json_member_seconds_or_null(out, "l", 1500);
    json_out_object_end(out);

    assert_written(
        fixture,
        "{\"a\":\"x\",\"b\":null,\"c\":\"\",\"d\":-5,\"e\":null,\"f\":0,\"g\":true,\"h\":[1],"
        "\"m\":[2],\"n\":null,\"i\":null,\"j\":\"2026-01-02T03:04:05.678Z\",\"k\":null,\"l\":1.5}");
}

static void seconds_have_no_needless_zeros(void **state)
{
    static const int64_t TIMES_MS[] = {0,    1,     10, 100,   120,       999,      1000,
                                       1001, 30000, -1, -1500, INT64_MAX, INT64_MIN};
    struct fixture *fixture = *state;

    json_out_array(&fixture->out);
    for (size_t i = 0; i < ARRAY_LEN(TIMES_MS); i++)
        json_out_seconds(&fixture->out, TIMES_MS[i]);
    json_out_array_end(&fixture->out);

    assert_written(fixture,
                   "[0,0.001,0.01,0.1,0.12,0.999,1,1.001,30,-0.001,-1.5,9223372036854775.807,"
                   "-9223372036854775.808]");
}

static void integers_reach_both_ends(void **state)
{
    struct fixture *fixture = *state;

    json_out_array(&fixture->out);
    json_out_int(&fixture->out, INT64_MIN);
    json_out_int(&fixture->out, INT64_MAX);
    json_out_array_end(&fixture->out);
    assert_written(fixture, "[-9223372036854775808,9223372036854775807]");
}

static void what_must_be_escaped_is(void **state)
{
    struct fixture *fixture = *state;

    json_out_text(&fixture->out,
                  BYTES("\"\\/\b\f\n\r\t\0\x01\x1f\x7f \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
    assert_written(fixture, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u0001\\u001f\x7f "
                            "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

static void what_is_not_utf8_becomes_the_replacement(void **state)
{
    struct fixture *fixture = *state;

    json_out_array(&fixture->out);
    json_out_text(&fixture->out, BYTES("a\xff"
                                       "b"));
    json_out_text(&fixture->out, BYTES("\xed\xa0\x80"));
    json_out_text(&fixture->out, BYTES("\xe2\x82"));
    json_out_array_end(&fixture->out);
    assert_written(fixture,
                   "[\"a\xef\xbf\xbd"
                   "b\",\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",\"\xef\xbf\xbd\xef\xbf\xbd\"]");
}

static void random_text_reads_back(void **state)
{
    static const char *const PIECES[] = {
        "\"", "\\", "\n", "a", "bcdefghijk", "\x01", "\xc3\xa9", "\xe2\x80\xa8", "\xf0\x9f\x98\x80",
        "/"};
    struct fixture *fixture = *state;
    struct random_seeded seeded;
    struct random_source random = random_from_seed(&seeded);

    random_seed(&seeded, 1);
    for (unsigned i = 0; i < 2000; i++) {
        struct buffer text;

        arena_reset(fixture->arena);
        buffer_clear(&fixture->buffer);
        json_out_init(&fixture->out, &fixture->buffer);
        buffer_init(&text, 1000);
        for (uint64_t left = random_below(&random, 20); left > 0; left--)
            buffer_append_text(&text, PIECES[random_below(&random, ARRAY_LEN(PIECES))]);
        json_out_text(&fixture->out, buffer_bytes(&text));

        struct bytes written = buffer_bytes(&fixture->buffer);

        assert_int_equal(json_check(written, &LIMITS, NULL), OK);
        assert_true(bytes_equal(json_unquote(written, fixture->arena), buffer_bytes(&text)));
        buffer_fini(&text);
    }
}

static void doubles_read_back_the_same_and_short(void **state)
{
    static const double VALUES[] = {0.1,     1.0 / 3.0, 1e21,          5e-324,
                                    DBL_MAX, -2.5,      123456789.123, 0.30000000000000004};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_LEN(VALUES); i++) {
        double back = 0;

        buffer_clear(&fixture->buffer);
        json_out_init(&fixture->out, &fixture->buffer);
        json_out_double(&fixture->out, VALUES[i]);
        assert_true(parse_double(buffer_bytes(&fixture->buffer), &back));
        assert_memory_equal(&back, &VALUES[i], sizeof(back));
    }
    buffer_clear(&fixture->buffer);
    json_out_init(&fixture->out, &fixture->buffer);
    json_out_array(&fixture->out);
    json_out_double(&fixture->out, 0.1);
    json_out_double(&fixture->out, 100);
    json_out_double(&fixture->out, (double)INFINITY);
    json_out_double(&fixture->out, (double)NAN);
    json_out_array_end(&fixture->out);
    assert_written(fixture, "[0.1,100,null,null]");
}

static void base64_is_a_string(void **state)
{
    struct fixture *fixture = *state;

    json_out_array(&fixture->out);
    json_out_base64(&fixture->out, BYTES("fo"));
    json_out_base64(&fixture->out, BYTES_NONE);
    json_out_array_end(&fixture->out);
    assert_written(fixture, "[\"Zm8=\",\"\"]");
}

static void what_does_not_fit_shows_in_the_buffer(void **state)
{
    struct buffer buffer;
    struct json_out out;

    (void)state;
    buffer_init(&buffer, 10);
    json_out_init(&out, &buffer);
    json_out_object(&out);
    json_member_text(&out, "a", BYTES("0123456789"));
    json_member_int(&out, "b", 1);
    json_out_key(&out, "c");
    json_out_base64(&out, BYTES("0123456789"));
    json_out_object_end(&out);

    assert_true(buffer.overflowed);
    assert_true(buffer.len <= 10);
    buffer_fini(&buffer);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(commas_stand_between_items),
        WITH_FIXTURE(members_take_one_line),
        WITH_FIXTURE(seconds_have_no_needless_zeros),
        WITH_FIXTURE(integers_reach_both_ends),
        WITH_FIXTURE(what_must_be_escaped_is),
        WITH_FIXTURE(what_is_not_utf8_becomes_the_replacement),
        WITH_FIXTURE(random_text_reads_back),
        WITH_FIXTURE(doubles_read_back_the_same_and_short),
        WITH_FIXTURE(base64_is_a_string),
        WITH_FIXTURE(what_does_not_fit_shows_in_the_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
