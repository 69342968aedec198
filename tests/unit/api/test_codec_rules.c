/* Tests of the rules codec: limits, shares, orders and dependencies of a submit, and how they are
 * shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "codec_task.h"
#include "wire.h"

#define A_ID "01890a5d-ac96-774b-bcce-b302099a8057"

static struct error error;
static struct task_spec spec;

static enum err read_as(const char *text, bool in_array)
{
    struct document document;
    struct codec codec = {.bounds = &bounds,
                          .document = &document,
                          .arena = arena,
                          .error = &error,
                          .in_array = in_array};

    error = (struct error){.code = OK};

    enum err code = document_open(&document, bytes_of(text), DOCUMENT_LIFT, &bounds, arena, &error);

    if (code == OK)
        code = task_spec_read(&codec, NULL, document.root, false, &spec);
    document_close(&document);
    return code;
}

static void takes(const char *text)
{
    if (read_as(text, false) != OK)
        fail_msg("%s: %s %s", text, error.where, error.detail);
}

static void refuses(const char *text, const char *where, const char *part)
{
    assert_int_equal(read_as(text, false), ERR_INVALID_FIELD);
    assert_string_equal(error.where, where);
    if (strstr(error.detail, part) == NULL)
        fail_msg("%s: %s", text, error.detail);
}

/* ---- limits ---- */

static void limits_are_names_with_or_without_units(void **state)
{
    (void)state;

    takes("{\"limits\":[\"gpu\",{\"name\":\"db:main\",\"units\":7},{\"name\":\"api\"},"
          "{\"name\":\"b\",\"units\":null}]}");
    assert_true(bytes_is(spec.rules.limits, "api 1\nb 1\ndb:main 7\ngpu 1\n"));
    takes("{\"limits\":[{\"name\":\"a\",\"units\":1000000}]}");
    takes("{\"limits\":[]}");
    assert_null(spec.rules.limits.at);
    takes("{\"limits\":null}");
    assert_null(spec.rules.limits.at);
}

static void limits_that_cannot_be_are_pointed_at(void **state)
{
    (void)state;

    refuses("{\"limits\":\"a\"}", "/limits", "an array of names");
    refuses("{\"limits\":[7]}", "/limits/0", "a name, or an object");
    refuses("{\"limits\":[\"a\",null]}", "/limits/1", "a name, or an object");
    refuses("{\"limits\":[\"gpu*\"]}", "/limits/0", "1 to 128 characters");
    refuses("{\"limits\":[\"\"]}", "/limits/0", "1 to 128 characters");
    refuses("{\"limits\":[{\"units\":1}]}", "/limits/0/name", "is missing");
    refuses("{\"limits\":[{\"name\":\"a\",\"units\":0}]}", "/limits/0/units",
            "from 1 to 1000000, not 0");
    refuses("{\"limits\":[{\"name\":\"a\",\"units\":-1}]}", "/limits/0/units", "not -1");
    refuses("{\"limits\":[{\"name\":\"a\",\"units\":1000001}]}", "/limits/0/units", "from 1 to");
    refuses("{\"limits\":[{\"name\":\"a\",\"units\":1.5}]}", "/limits/0/units", "a whole number");
    refuses("{\"limits\":[\"a\",{\"name\":\"a\",\"units\":2}]}", "/limits/1", "is given twice");
    assert_int_equal(read_as("{\"limits\":[{\"name\":\"a\",\"unit\":2}]}", false),
                     ERR_UNKNOWN_MEMBER);
    assert_string_equal(error.where, "/limits/0/unit");
}

static void limits_have_a_bound(void **state)
{
    (void)state;
    bounds.of[BOUND_TASK_LIMITS_MAX] = 2;
    takes("{\"limits\":[\"a\",\"b\"]}");
    refuses("{\"limits\":[\"a\",\"b\",\"c\"]}", "/limits", "task_limits_max: 2 limits");
    bounds = bounds_default();
}

/* ---- shares and orders ---- */

static void a_weight_is_kept_in_thousandths(void **state)
{
    static const struct weight {
        const char *text;
        int64_t milli;
    } weights[] = {
        {"{}", 0},
        {"{\"fairness_weight\":null}", 0},
        {"{\"fairness_weight\":1}", 1000},
        {"{\"fairness_weight\":0.001}", 1},
        {"{\"fairness_weight\":0.0014}", 1},
        {"{\"fairness_weight\":2.5005}", 2501},
        {"{\"fairness_weight\":1000}", 1000000},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(weights); i++) {
        takes(weights[i].text);
        assert_int_equal(spec.rules.weight_milli, weights[i].milli);
    }
    refuses("{\"fairness_weight\":0}", "/fairness_weight", "from 0.001 to 1000, not 0");
    refuses("{\"fairness_weight\":0.0005}", "/fairness_weight", "from 0.001 to 1000");
    refuses("{\"fairness_weight\":-1}", "/fairness_weight", "not -1");
    refuses("{\"fairness_weight\":1000.001}", "/fairness_weight", "from 0.001 to 1000");
    refuses("{\"fairness_weight\":9223372036854775807}", "/fairness_weight", "from 0.001 to 1000");
    refuses("{\"fairness_weight\":\"1\"}", "/fairness_weight", "not a string");
}

static void keys_are_short_texts(void **state)
{
    static const char *const members[] = {"fairness_key", "ordering_key", "affinity"};

    (void)state;
    takes("{\"fairness_key\":\"user 7\",\"ordering_key\":\"konto ü\",\"affinity\":\"model/3\"}");
    assert_true(bytes_is(spec.rules.fairness_key, "user 7"));
    assert_true(bytes_is(spec.rules.ordering_key, "konto ü"));
    assert_true(bytes_is(spec.rules.affinity, "model/3"));
    takes("{\"fairness_key\":null,\"ordering_key\":null,\"affinity\":null}");
    assert_null(spec.rules.fairness_key.at);
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        char text[64], where[32];

        (void)snprintf(where, sizeof(where), "/%s", members[i]);
        (void)snprintf(text, sizeof(text), "{\"%s\":\"\"}", members[i]);
        refuses(text, where, "1 to 255 bytes");
        (void)snprintf(text, sizeof(text), "{\"%s\":\"a\\nb\"}", members[i]);
        refuses(text, where, "without control characters");
        (void)snprintf(text, sizeof(text), "{\"%s\":7}", members[i]);
        refuses(text, where, "must be a string");
    }
}

static void what_follows_a_failure_is_a_word(void **state)
{
    (void)state;

    takes("{}");
    assert_int_equal(spec.rules.on_order_failure, ORDER_SKIP);
    assert_int_equal(spec.rules.on_dependency_failure, DEPENDENCY_FAIL);
    takes("{\"on_order_failure\":\"block\",\"on_dependency_failure\":\"run\"}");
    assert_int_equal(spec.rules.on_order_failure, ORDER_BLOCK);
    assert_int_equal(spec.rules.on_dependency_failure, DEPENDENCY_RUN);
    takes("{\"on_order_failure\":null,\"on_dependency_failure\":null}");
    refuses("{\"on_order_failure\":\"fail\"}", "/on_order_failure", "must be one of skip block");
    refuses("{\"on_dependency_failure\":\"block\"}", "/on_dependency_failure",
            "must be one of fail skip run");
    refuses("{\"on_dependency_failure\":1}", "/on_dependency_failure", "must be one of");
}

/* ---- dependencies ---- */

static void dependencies_are_ids_in_one_form(void **state)
{
    (void)state;

    takes("{\"depends_on\":[\"01890A5D-AC96-774B-BCCE-B302099A8057\"]}");
    assert_true(bytes_is(spec.rules.depends_on, A_ID "\n"));
    takes("{\"depends_on\":[]}");
    assert_null(spec.rules.depends_on.at);
    refuses("{\"depends_on\":\"" A_ID "\"}", "/depends_on", "an array of ids");
    refuses("{\"depends_on\":[\"first\"]}", "/depends_on/0", "the id of a task (a UUID)");
    refuses("{\"depends_on\":[7]}", "/depends_on/0", "not a number");
    refuses("{\"depends_on\":[\"" A_ID "\",\"01890A5D-AC96-774B-BCCE-B302099A8057\"]}",
            "/depends_on/1", "is given twice");
}

static void dependencies_have_a_bound(void **state)
{
    (void)state;
    bounds.of[BOUND_DEPENDS_ON_MAX] = 1;
    takes("{\"depends_on\":[\"" A_ID "\"]}");
    refuses("{\"depends_on\":[\"" A_ID "\",\"x\"]}", "/depends_on", "depends_on_max: 1");
    bounds = bounds_default();
}

static void tasks_of_an_array_may_name_each_other(void **state)
{
    (void)state;

    assert_int_equal(read_as("{\"ref\":\"b\",\"depends_on\":[\"a\",\"" A_ID "\"]}", true), OK);
    assert_true(bytes_is(spec.ref, "b"));
    assert_true(bytes_is(spec.rules.depends_on, "a\n" A_ID "\n"));
    assert_int_equal(read_as("{\"ref\":null}", true), OK);
    assert_null(spec.ref.at);
    assert_int_equal(read_as("{\"ref\":\"a b\"}", true), ERR_INVALID_FIELD);
    assert_string_equal(error.where, "/ref");
    assert_int_equal(read_as("{\"ref\":\"" A_ID "\"}", true), ERR_INVALID_FIELD);
    assert_non_null(strstr(error.detail, "taken for a task's id"));
    assert_int_equal(read_as("{\"depends_on\":[\"a b\"]}", true), ERR_INVALID_FIELD);
    assert_string_equal(error.where, "/depends_on/0");
    refuses("{\"ref\":\"a\"}", "/ref", "POST /v1/tasks/batch");
}

/* ---- shown ---- */

static void shows(const struct task_rules *rules, const char *text)
{
    struct buffer buffer;
    struct json_out out;

    buffer_init(&buffer, 4096);
    json_out_init(&out, &buffer);
    json_out_object(&out);
    wire_member_rules(&out, rules);
    json_out_object_end(&out);
    buffer_append_char(&buffer, '\0');
    assert_string_equal(buffer_bytes(&buffer).at, text);
    buffer_fini(&buffer);
}

static void they_are_shown_as_they_count(void **state)
{
    const struct task_rules none = {.weight_milli = 0};
    const struct task_rules all = {
        .limits = BYTES("a 1\nb 7\n"),
        .fairness_key = BYTES("k"),
        .weight_milli = 2500,
        .ordering_key = BYTES("o\"o"),
        .on_order_failure = ORDER_BLOCK,
        .dedup = {.key = BYTES("d"), .scope = DEDUP_WINDOW, .window_ms = 1500},
        .depends_on = BYTES(A_ID "\n"),
        .on_dependency_failure = DEPENDENCY_SKIP,
        .affinity = BYTES("m"),
        .callback_webhook = BYTES("ops"),
    };

    (void)state;
    shows(&none, "{\"limits\":[],\"fairness_key\":null,\"fairness_weight\":1,"
                 "\"ordering_key\":null,\"on_order_failure\":\"skip\",\"dedup\":null,"
                 "\"depends_on\":[],\"on_dependency_failure\":\"fail\",\"affinity\":null,"
                 "\"callback\":null}");
    shows(&all,
          "{\"limits\":[{\"name\":\"a\",\"units\":1},{\"name\":\"b\",\"units\":7}],"
          "\"fairness_key\":\"k\",\"fairness_weight\":2.5,\"ordering_key\":\"o\\\"o\","
          "\"on_order_failure\":\"block\",\"dedup\":{\"key\":\"d\",\"scope\":\"window\","
          "\"window_s\":1.5,\"on_conflict\":\"return\",\"max_delay_s\":null},"
          "\"depends_on\":[\"" A_ID "\"],\"on_dependency_failure\":\"skip\",\"affinity\":\"m\","
          "\"callback\":{\"webhook\":\"ops\"}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_names_with_or_without_units),
        cmocka_unit_test(limits_that_cannot_be_are_pointed_at),
        cmocka_unit_test(limits_have_a_bound),
        cmocka_unit_test(a_weight_is_kept_in_thousandths),
        cmocka_unit_test(keys_are_short_texts),
        cmocka_unit_test(what_follows_a_failure_is_a_word),
        cmocka_unit_test(dependencies_are_ids_in_one_form),
        cmocka_unit_test(dependencies_have_a_bound),
        cmocka_unit_test(tasks_of_an_array_may_name_each_other),
        cmocka_unit_test(they_are_shown_as_they_count),
    };

    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
