/* Tests of the webhook codec: settings, and who may name a URL with a task. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "codec_webhook.h"
#include "domain/push_url.h"

static struct error error;

static enum err read_edit(const char *text, struct webhook_edit *edit)
{
    struct codec codec = {.bounds = &bounds, .arena = arena, .error = &error};

    *edit = (struct webhook_edit){.name = BYTES("h")};
    return webhook_edit_read(&codec, bytes_of(text), edit);
}

static void what_is_not_said_has_its_default(void **state)
{
    struct webhook_edit edit;

    (void)state;
    assert_int_equal(read_edit("{\"url\":\"https://a.example/x\"}", &edit), OK);
    assert_true(edit.settings.enabled);
    assert_null(edit.settings.types.at);
    assert_null(edit.settings.queues.at);
    assert_int_equal(edit.key.len, 0);
    assert_false(edit.makes_key);
    assert_int_equal(read_edit("{\"url\":\"https://a.example/x\",\"types\":[\"task.*\","
                               "\"worker.lost\"],\"queue\":\"a,b*\",\"secret\":null,"
                               "\"enabled\":false}",
                               &edit),
                     OK);
    assert_true(bytes_is(edit.settings.types, "task.*,worker.lost"));
    assert_true(bytes_is(edit.settings.queues, "a,b*"));
    assert_false(edit.settings.enabled);
    assert_true(edit.makes_key);
}

static void what_cannot_be_is_pointed_at(void **state)
{
    static const char *const wrong[][2] = {
        {"{}", "/url"},
        {"{\"url\":\"http://a.example/\"}", "/url"},
        {"{\"url\":\"https://a.example/\",\"types\":[]}", "/types"},
        {"{\"url\":\"https://a.example/\",\"types\":[\"task.*\",\"\"]}", "/types/1"},
        {"{\"url\":\"https://a.example/\",\"types\":[7]}", "/types/0"},
        {"{\"url\":\"https://a.example/\",\"types\":[\"a,b\"]}", "/types/0"},
        {"{\"url\":\"https://a.example/\",\"queue\":\"\"}", "/queue"},
        {"{\"url\":\"https://a.example/\",\"secret\":\"whsec_AAAA\"}", "/secret"},
    };
    struct webhook_edit edit;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(read_edit(wrong[i][0], &edit), ERR_INVALID_FIELD);
        assert_string_equal(error.where, wrong[i][1]);
    }
}

/* ---- of a task ---- */

static enum err read_callback(const char *text, const struct push_policy *policy,
                              const struct principal *by, struct task_rules *rules)
{
    static const struct field fields[] = {
        {.name = "callback", .read = field_callback, .at = 0, .nullable = true}};
    static const struct shape shape = SHAPE(fields, NULL);
    struct codec codec = {
        .bounds = &bounds, .arena = arena, .error = &error, .push_policy = policy, .by = by};

    *rules = (struct task_rules){.callback_url = BYTES_NONE};
    return codec_body(&codec, arena_printf(arena, "{\"callback\":%s}", text), &shape, rules, NULL);
}

static void a_url_takes_the_setting_and_the_role(void **state)
{
    static const char text[] = "{\"url\":\"https://a.example/done\"}";
    const struct push_policy strict = {.allow_task_urls = false}, open = {.allow_task_urls = true};
    const struct principal submitter = {.grant = {.role = ROLE_SUBMITTER}},
                           op = {.grant = {.role = ROLE_OPERATOR}};
    struct task_rules rules;

    (void)state;
    assert_int_equal(read_callback(text, &open, &op, &rules), OK);
    assert_true(bytes_is(rules.callback_url, "https://a.example/done"));
    assert_int_equal(read_callback(text, &strict, &op, &rules), ERR_INVALID_FIELD);
    assert_string_equal(error.where, "/callback/url");
    assert_int_equal(read_callback(text, NULL, &op, &rules), ERR_INVALID_FIELD);
    assert_int_equal(read_callback(text, &open, &submitter, &rules), ERR_FORBIDDEN);
    assert_string_equal(error.where, "/callback/url");
    assert_int_equal(read_callback("{\"url\":\"https://127.0.0.1/\"}", &open, &op, &rules),
                     ERR_INVALID_FIELD);
    assert_int_equal(read_callback("{\"webhook\":\"h\"}", NULL, &submitter, &rules), OK);
    assert_true(bytes_is(rules.callback_webhook, "h"));
    assert_int_equal(read_callback("{\"webhook\":null}", NULL, &submitter, &rules),
                     ERR_INVALID_FIELD);
    assert_string_equal(error.where, "/callback");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_said_has_its_default),
        cmocka_unit_test(what_cannot_be_is_pointed_at),
        cmocka_unit_test(a_url_takes_the_setting_and_the_role),
    };

    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
