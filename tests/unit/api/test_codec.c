/* Tests of the reader of objects: pointers, hints, bounds, required and later members. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "codec.h"

struct thing {
    struct bytes name, label;
    int32_t size;
    int64_t delay_ms, at_ms;
    bool flag;
    unsigned word;
    struct bytes headers;
};

enum { SAID_SIZE = 1, SAID_DELAY = 2 };

static const char *const WORDS[] = {"red", "green", NULL};

#define AT(member) .at = offsetof(struct thing, member)
static const struct field FIELDS[] = {
    {.name = "name", .read = field_name, AT(name), .required = true},
    {.name = "label", .read = field_label, AT(label), .nullable = true},
    {.name = "size", .read = field_int32, AT(size), .min = -5, .max = 5, .bit = SAID_SIZE},
    {.name = "delay_s",
     .read = field_seconds,
     AT(delay_ms),
     .max = 10000,
     .nullable = true,
     .bit = SAID_DELAY},
    {.name = "at", .read = field_time, AT(at_ms)},
    {.name = "flag", .read = field_bool, AT(flag)},
    {.name = "word", .read = field_word, AT(word), .min = 7, .words = WORDS},
    {.name = "headers", .read = field_object, AT(headers), .min = 2, .max = 100, .nullable = true},
};
static const char *const LATER[] = {"limits", NULL};
static const struct shape THING = SHAPE(FIELDS, LATER);

static struct error error;
static struct thing thing;
static unsigned given;

static enum err read_thing(const char *text)
{
    thing = (struct thing){.delay_ms = -1};
    error = (struct error){.code = OK};
    given = 0;

    struct codec codec = {.bounds = &bounds, .arena = arena, .error = &error};

    return codec_body(&codec, bytes_of(text), &THING, &thing, &given);
}

static void refuses(const char *text, enum err code, const char *where, const char *detail)
{
    assert_int_equal(read_thing(text), code);
    assert_int_equal(error.code, code);
    assert_string_equal(error.where, where);
    if (detail != NULL)
        assert_string_equal(error.detail, detail);
}

static void every_member_lands_in_its_place(void **state)
{
    (void)state;

    assert_int_equal(read_thing("{\"name\":\"a.b\",\"size\":-5,\"delay_s\":1.5,\"flag\":true,"
                                "\"word\":\"green\",\"at\":\"1970-01-01T00:00:01Z\"}"),
                     OK);

    assert_true(bytes_is(thing.name, "a.b"));
    assert_int_equal(thing.size, -5);
    assert_int_equal(thing.delay_ms, 1500);
    assert_true(thing.flag);
    assert_int_equal(thing.word, 8);
    assert_int_equal(thing.at_ms, 1000);
    assert_int_equal(given, SAID_SIZE | SAID_DELAY);
}

static void null_leaves_what_may_be_unset(void **state)
{
    (void)state;

    assert_int_equal(read_thing("{\"name\":\"a\",\"delay_s\":null,\"headers\":null}"), OK);

    assert_int_equal(thing.delay_ms, -1);
    assert_null(thing.headers.at);
    assert_int_equal(given, SAID_DELAY);
    refuses("{\"name\":null}", ERR_INVALID_FIELD, "/name", "must be a string, not null");
}

static void a_range_is_named_with_the_value(void **state)
{
    (void)state;

    refuses("{\"name\":\"a\",\"size\":6}", ERR_INVALID_FIELD, "/size",
            "must be a whole number from -5 to 5, not 6");
    refuses("{\"name\":\"a\",\"size\":1.5}", ERR_INVALID_FIELD, "/size",
            "must be a whole number from -5 to 5");
    refuses("{\"name\":\"a\",\"size\":\"1\"}", ERR_INVALID_FIELD, "/size", NULL);
    refuses("{\"name\":\"a\",\"delay_s\":10.5}", ERR_INVALID_FIELD, "/delay_s",
            "must be a number of seconds from 0 to 10, not 10.5");
    refuses("{\"name\":\"a\",\"delay_s\":-1}", ERR_INVALID_FIELD, "/delay_s", NULL);
    refuses("{\"name\":\"a\",\"word\":\"blue\"}", ERR_INVALID_FIELD, "/word",
            "must be one of red green");
    refuses("{\"name\":\"a\",\"at\":\"2026-02-30T00:00:00Z\"}", ERR_INVALID_FIELD, "/at", NULL);
    refuses("{\"name\":\"a/b\"}", ERR_INVALID_FIELD, "/name", NULL);
    refuses("{\"name\":\"a\",\"label\":\"a\\nb\"}", ERR_INVALID_FIELD, "/label", NULL);
}

static void an_unknown_member_is_refused_with_a_hint(void **state)
{
    (void)state;

    refuses("{\"name\":\"a\",\"siez\":1}", ERR_UNKNOWN_MEMBER, "/siez",
            "there is no member siez here; did you mean size?");
    refuses("{\"name\":\"a\",\"a/b~c\":1}", ERR_UNKNOWN_MEMBER, "/a~1b~0c", NULL);
    refuses("{\"name\":\"a\",\"limits\":[]}", ERR_UNKNOWN_MEMBER, "/limits",
            "not available in this version");
}

static void a_missing_member_is_named(void **state)
{
    (void)state;

    refuses("{}", ERR_INVALID_FIELD, "/name", "is missing");
    refuses("", ERR_INVALID_FIELD, "/name", "is missing");
}

static void what_is_no_object_is_refused(void **state)
{
    (void)state;

    refuses("[]", ERR_INVALID_FIELD, "", "must be an object, not an array");
    assert_int_equal(read_thing("1"), ERR_MALFORMED);
    assert_int_equal(read_thing("{\"name\":\"a\"} x"), ERR_MALFORMED);
    assert_int_equal(read_thing("{\"name\":\"a\",\"name\":\"a\"}"), ERR_MALFORMED);
}

static void an_object_is_kept_as_sent_but_checked(void **state)
{
    (void)state;

    assert_int_equal(read_thing("{\"name\":\"a\",\"headers\":{ \"n\" : 1.50 }}"), OK);
    assert_true(bytes_is(thing.headers, "{ \"n\" : 1.50 }"));
    refuses("{\"name\":\"a\",\"headers\":{\"a\":1,\"a\":2}}", ERR_MALFORMED, "/headers", NULL);
    refuses("{\"name\":\"a\",\"headers\":[1]}", ERR_INVALID_FIELD, "/headers", "must be an object");
    refuses("{\"name\":\"a\",\"headers\":{\"a\":1,\"b\":2,\"c\":3}}", ERR_INVALID_FIELD, "/headers",
            "has 3 members, at most 2 are taken");
}

static void a_name_written_with_escapes_is_the_same_name(void **state)
{
    (void)state;

    assert_int_equal(read_thing("{\"name\":\"a\",\"h\\u0065aders\":{\"a\":1.0}}"), OK);
    assert_true(bytes_is(thing.headers, "{\"a\":1.0}"));
    refuses("{\"name\":\"a\",\"h\\u0065aders\":0}", ERR_INVALID_FIELD, "/headers",
            "must be an object");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_lands_in_its_place),
        cmocka_unit_test(null_leaves_what_may_be_unset),
        cmocka_unit_test(a_range_is_named_with_the_value),
        cmocka_unit_test(an_unknown_member_is_refused_with_a_hint),
        cmocka_unit_test(a_missing_member_is_named),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(an_object_is_kept_as_sent_but_checked),
        cmocka_unit_test(a_name_written_with_escapes_is_the_same_name),
    };

    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
