/* Tests of how long a queue keeps what is finished, as it is said. */
#include "codec_retention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "domain/retention.h"

static struct error error;
static struct retention retention;

static enum err read_retention(const char *text)
{
    static const struct field FIELD[] = {{.name = "retention", .read = field_retention}};
    static const struct shape WHOLE = SHAPE(FIELD, NULL);

    struct codec codec = {.bounds = &bounds, .arena = arena, .error = &error};

    error = (struct error){.code = OK};
    retention = (struct retention){.given = 99};
    return codec_body(&codec, bytes_of(text), &WHOLE, &retention, NULL);
}

static void refuses(const char *text, const char *where)
{
    assert_int_equal(read_retention(text), ERR_INVALID_FIELD);
    assert_string_equal(error.where, where);
}

static void what_is_said_is_known_from_what_is_not(void **state)
{
    (void)state;
    assert_int_equal(read_retention("{\"retention\":{\"succeeded_s\":0.5,\"max_count\":7}}"), OK);
    assert_int_equal(retention.given, RETENTION_HAS_SUCCEEDED | RETENTION_HAS_MAX_COUNT);
    assert_int_equal(retention.succeeded_ms, 500);
    assert_int_equal(retention.max_count, 7);
    assert_int_equal(read_retention("{\"retention\":{}}"), OK);
    assert_int_equal(retention.given, 0);
}

static void null_is_without_end(void **state)
{
    (void)state;
    assert_int_equal(read_retention("{\"retention\":{\"failed_s\":null,\"max_bytes\":null,"
                                    "\"max_count\":null,\"succeeded_s\":null}}"),
                     OK);
    assert_int_equal(retention.given, RETENTION_HAS_ALL);
    assert_int_equal(retention.failed_ms, -1);
    assert_int_equal(retention.succeeded_ms, -1);
    assert_int_equal(retention.max_count, -1);
    assert_int_equal(retention.max_bytes, -1);
}

static void what_does_not_fit_is_refused_where_it_stands(void **state)
{
    (void)state;
    refuses("{\"retention\":7}", "/retention");
    refuses("{\"retention\":{\"failed_s\":-1}}", "/retention/failed_s");
    refuses("{\"retention\":{\"failed_s\":315360001}}", "/retention/failed_s");
    refuses("{\"retention\":{\"succeeded_s\":\"day\"}}", "/retention/succeeded_s");
    refuses("{\"retention\":{\"max_count\":1.5}}", "/retention/max_count");
    refuses("{\"retention\":{\"max_count\":1000000000001}}", "/retention/max_count");
    refuses("{\"retention\":{\"max_bytes\":-1}}", "/retention/max_bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_is_known_from_what_is_not),
        cmocka_unit_test(null_is_without_end),
        cmocka_unit_test(what_does_not_fit_is_refused_where_it_stands),
    };

    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
