/* Tests of addresses to call and their secrets, as they are said. */
#include "codec_push.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "domain/push_url.h"
#include "domain/signature.h"

struct said {
    struct bytes url;
    struct signature_key key;
};

static struct error error;
static struct said said;

static enum err read_said(const char *text, const struct push_policy *policy)
{
    static const struct field FIELDS[] = {
        {.name = "push_url", .read = field_push_url, .at = offsetof(struct said, url)},
        {.name = "push_secret", .read = field_push_secret, .at = offsetof(struct said, key)},
    };
    static const struct shape WHOLE = SHAPE(FIELDS, NULL);
    struct codec codec = {
        .bounds = &bounds, .arena = arena, .error = &error, .push_policy = policy};

    error = (struct error){.code = OK};
    said = (struct said){.url = BYTES_NONE};
    return codec_body(&codec, bytes_of(text), &WHOLE, &said, NULL);
}

static void refuses(const char *text, const char *where)
{
    assert_int_equal(read_said(text, NULL), ERR_INVALID_FIELD);
    assert_string_equal(error.where, where);
}

static void an_address_is_kept_as_it_was_said(void **state)
{
    (void)state;
    assert_int_equal(read_said("{\"push_url\":\"https://A.example.com/x?y=%20\"}", NULL), OK);
    assert_true(bytes_is(said.url, "https://A.example.com/x?y=%20"));
}

static void without_a_policy_only_public_addresses_are_taken(void **state)
{
    struct push_policy policy = {.allow_task_urls = false};

    (void)state;
    refuses("{\"push_url\":\"http://a.example.com\"}", "/push_url");
    refuses("{\"push_url\":\"https://10.0.0.1\"}", "/push_url");
    refuses("{\"push_url\":\"https://localhost\"}", "/push_url");
    assert_true(strstr(error.detail, "localhost") != NULL);
    refuses("{\"push_url\":[\"https://a.example.com\"]}", "/push_url");
    assert_int_equal(read_said("{\"push_url\":\"https://10.0.0.1\"}", &policy), ERR_INVALID_FIELD);
}

static void a_secret_is_read_with_its_prefix_and_without(void **state)
{
    static const char *const TEXTS[] = {
        "{\"push_secret\":\"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"}",
        "{\"push_secret\":\"C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++) {
        assert_int_equal(read_said(TEXTS[i], NULL), OK);
        assert_int_equal(said.key.len, 24);
        assert_int_equal(said.key.at[0], 0x0b);
    }
}

static void a_refusal_repeats_nothing_of_a_secret(void **state)
{
    (void)state;
    refuses("{\"push_secret\":\"hunter2hunter2\"}", "/push_secret");
    assert_null(strstr(error.detail, "hunter2"));
    refuses("{\"push_secret\":\"whsec_\"}", "/push_secret");
    refuses("{\"push_secret\":7}", "/push_secret");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_kept_as_it_was_said),
        cmocka_unit_test(without_a_policy_only_public_addresses_are_taken),
        cmocka_unit_test(a_secret_is_read_with_its_prefix_and_without),
        cmocka_unit_test(a_refusal_repeats_nothing_of_a_secret),
    };

    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
