/* Tests of the dedup codec: what goes with what, and what is shown of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "codec_dedup.h"

static struct error error;
static struct dedup dedup;

static enum err read_dedup(const char *text)
{
    static const struct field fields[] = {
        {.name = "dedup", .read = field_dedup, .at = 0, .nullable = true}};
    static const struct shape shape = SHAPE(fields, NULL);
    struct codec codec = {.bounds = &bounds, .arena = arena, .error = &error};
    struct bytes whole = arena_printf(arena, "{\"dedup\":%s}", text);

    dedup = (struct dedup){.key = BYTES_NONE};
    return codec_body(&codec, whole, &shape, &dedup, NULL);
}

static void a_key_is_enough(void **state)
{
    (void)state;

    assert_int_equal(read_dedup("{\"key\":\"order 17\"}"), OK);
    assert_true(bytes_is(dedup.key, "order 17"));
    assert_int_equal(dedup.scope, DEDUP_UNFINISHED);
    assert_int_equal(dedup.on_conflict, DEDUP_RETURN);
    assert_int_equal(dedup.max_delay_ms, -1);
    assert_int_equal(read_dedup("null"), OK);
    assert_null(dedup.key.at);
}

static void words_bring_their_times(void **state)
{
    (void)state;

    assert_int_equal(read_dedup("{\"key\":\"a\",\"scope\":\"window\",\"window_s\":1.5,"
                                "\"on_conflict\":\"debounce\",\"max_delay_s\":60}"),
                     OK);
    assert_int_equal(dedup.scope, DEDUP_WINDOW);
    assert_int_equal(dedup.window_ms, 1500);
    assert_int_equal(dedup.on_conflict, DEDUP_DEBOUNCE);
    assert_int_equal(dedup.max_delay_ms, 60000);
    assert_int_equal(read_dedup("{\"key\":\"a\",\"scope\":null,\"window_s\":null,"
                                "\"on_conflict\":null,\"max_delay_s\":null}"),
                     OK);
    assert_int_equal(dedup.scope, DEDUP_UNFINISHED);
}

static void what_cannot_be_is_pointed_at(void **state)
{
    static const char *const wrong[][3] = {
        {"{}", "/dedup/key", "is missing"},
        {"7", "/dedup", "an object"},
        {"{\"key\":null}", "/dedup/key", "not null"},
        {"{\"key\":\"\"}", "/dedup/key", "1 to 255 bytes"},
        {"{\"key\":\"a\\tb\"}", "/dedup/key", "without control characters"},
        {"{\"key\":\"a\",\"scope\":\"all\"}", "/dedup/scope", "unfinished queued active window"},
        {"{\"key\":\"a\",\"on_conflict\":\"drop\"}", "/dedup/on_conflict",
         "return replace reject debounce"},
        {"{\"key\":\"a\",\"scope\":\"window\"}", "/dedup/window_s", "from 0.001 to 315360000"},
        {"{\"key\":\"a\",\"window_s\":1}", "/dedup/window_s", "goes with scope window"},
        {"{\"key\":\"a\",\"scope\":\"window\",\"window_s\":0}", "/dedup/window_s", "not 0"},
        {"{\"key\":\"a\",\"scope\":\"window\",\"window_s\":-1}", "/dedup/window_s", "not -1"},
        {"{\"key\":\"a\",\"scope\":\"window\",\"window_s\":315360000.001}", "/dedup/window_s",
         "from 0.001 to 315360000"},
        {"{\"key\":\"a\",\"scope\":\"window\",\"window_s\":9223372036854775807}", "/dedup/window_s",
         "from 0.001 to 315360000"},
        {"{\"key\":\"a\",\"max_delay_s\":5}", "/dedup/max_delay_s", "on_conflict debounce"},
        {"{\"key\":\"a\",\"on_conflict\":\"debounce\",\"max_delay_s\":0}", "/dedup/max_delay_s",
         "from 0.001 to 315360000"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(read_dedup(wrong[i][0]), ERR_INVALID_FIELD);
        assert_string_equal(error.where, wrong[i][1]);
        if (strstr(error.detail, wrong[i][2]) == NULL)
            fail_msg("%s: %s", wrong[i][0], error.detail);
    }
}

static void times_are_shown_where_they_count(void **state)
{
    const struct dedup plain = {.key = BYTES("a"), .scope = DEDUP_QUEUED, .max_delay_ms = -1},
                       full = {.key = BYTES("b"),
                               .scope = DEDUP_WINDOW,
                               .window_ms = 1500,
                               .on_conflict = DEDUP_DEBOUNCE,
                               .max_delay_ms = 60000},
                       none = {.key = BYTES_NONE};
    struct buffer buffer;
    struct json_out out;

    (void)state;
    buffer_init(&buffer, 1024);
    json_out_init(&out, &buffer);
    json_out_array(&out);
    wire_dedup(&out, &plain);
    wire_dedup(&out, &full);
    wire_dedup(&out, &none);
    json_out_array_end(&out);
    buffer_append_char(&buffer, '\0');
    assert_string_equal(buffer_bytes(&buffer).at,
                        "[{\"key\":\"a\",\"scope\":\"queued\",\"window_s\":null,"
                        "\"on_conflict\":\"return\",\"max_delay_s\":null},"
                        "{\"key\":\"b\",\"scope\":\"window\",\"window_s\":1.5,"
                        "\"on_conflict\":\"debounce\",\"max_delay_s\":60},null]");
    buffer_fini(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_enough),
        cmocka_unit_test(words_bring_their_times),
        cmocka_unit_test(what_cannot_be_is_pointed_at),
        cmocka_unit_test(times_are_shown_where_they_count),
    };

    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
