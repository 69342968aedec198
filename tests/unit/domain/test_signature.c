/* Signature: the reference vector of Standard Webhooks, rotation, time, and secrets that are none.
 */
#include "domain/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SECRET "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID     "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define AT_S   1614265330
#define BODY   "{\"test\": 2432232314}"
#define RIGHT  "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static struct signature_key key_of(const char *text)
{
    struct signature_key key;
    struct error error;

    assert_int_equal(signature_key_read(bytes_of(text), &key, &error), OK);
    return key;
}

static const char *refusal(const char *id, const char *at, const char *body, const char *signatures,
                           int64_t now_s)
{
    struct signature_key key = key_of("whsec_" SECRET);

    return signature_refusal(&key, bytes_of(id), bytes_of(at), bytes_of(body), bytes_of(signatures),
                             now_s);
}

static void the_reference_vector_is_written(void **state)
{
    struct arena *arena = arena_new();
    struct signature_key key = key_of("whsec_" SECRET);
    struct signature_key bare = key_of(SECRET);

    (void)state;
    assert_memory_equal(&key, &bare, sizeof(key));
    assert_true(bytes_is(signature_write(&key, 1, BYTES(ID), AT_S, BYTES(BODY), arena), RIGHT));
    assert_true(bytes_is(signature_key_write(&key, arena), "whsec_" SECRET));
    arena_free(arena);
}

static void while_rotating_both_keys_sign(void **state)
{
    struct random_seeded seeded;
    struct random_source random = random_from_seed(&seeded);
    struct arena *arena = arena_new();
    struct signature_key keys[SIGNATURE_KEYS_MAX] = {{.len = 0}, key_of(SECRET)};
    struct bytes text, first;

    (void)state;
    random_seed(&seeded, 5);
    assert_true(bytes_is(signature_write(keys, 2, BYTES(ID), AT_S, BYTES(BODY), arena), RIGHT));
    signature_key_make(&random, &keys[0]);
    assert_int_equal(keys[0].len, 32);
    text = signature_write(keys, 2, BYTES(ID), AT_S, BYTES(BODY), arena);
    for (unsigned i = 0; i < 2; i++)
        assert_null(
            signature_refusal(&keys[i], BYTES(ID), BYTES("1614265330"), BYTES(BODY), text, AT_S));
    assert_true(bytes_split(&text, ' ', &first) && bytes_is(text, RIGHT));
    assert_non_null(
        signature_refusal(&keys[0], BYTES(ID), BYTES("1614265330"), BYTES(BODY), text, AT_S));
    assert_int_equal(signature_write(keys, 0, BYTES(ID), AT_S, BYTES(BODY), arena).len, 0);
    arena_free(arena);
}

static void what_was_not_signed_is_refused(void **state)
{
    (void)state;
    assert_null(refusal(ID, "1614265330", BODY, RIGHT, AT_S));
    assert_null(refusal(ID, "1614265330", BODY, "v1a,x v2,y  " RIGHT, AT_S));
    assert_non_null(refusal(ID "x", "1614265330", BODY, RIGHT, AT_S));
    assert_non_null(refusal("", "1614265330", BODY, RIGHT, AT_S));
    assert_non_null(refusal(ID, "1614265331", BODY, RIGHT, AT_S));
    assert_non_null(refusal(ID, "01614265330", BODY, RIGHT, AT_S));
    assert_non_null(refusal(ID, "1614265330", BODY " ", RIGHT, AT_S));
    assert_non_null(refusal(ID, "1614265330", BODY, "", AT_S));
    assert_non_null(refusal(ID, "1614265330", BODY, "v1,", AT_S));
    assert_non_null(refusal(ID, "1614265330", BODY, "v2" RIGHT, AT_S));
    assert_non_null(refusal(ID, "1614265330", BODY, RIGHT "=", AT_S));
    assert_non_null(
        refusal(ID, "1614265330", BODY, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF=", AT_S));
    assert_non_null(
        refusal(ID, "1614265330", BODY, "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", AT_S));
}

static void five_minutes_either_way_are_forgiven(void **state)
{
    static const char *const JUNK[] = {"",    "-1", "+1614265330",          "1614265330 ",
                                       "1e9", "x",  "99999999999999999999", "1614265330.0"};

    (void)state;
    assert_null(refusal(ID, "1614265330", BODY, RIGHT, AT_S - 300));
    assert_null(refusal(ID, "1614265330", BODY, RIGHT, AT_S + 300));
    assert_string_equal(refusal(ID, "1614265330", BODY, RIGHT, AT_S + 301),
                        "webhook-timestamp is too old");
    assert_string_equal(refusal(ID, "1614265330", BODY, RIGHT, AT_S - 301),
                        "webhook-timestamp is in the future");
    assert_non_null(refusal(ID, "9223372036854775807", BODY, RIGHT, AT_S));
    for (unsigned i = 0; i < ARRAY_LEN(JUNK); i++)
        assert_string_equal(refusal(ID, JUNK[i], BODY, RIGHT, AT_S),
                            "webhook-timestamp is not a number of seconds");
}

static void a_malformed_secret_is_refused_and_not_told(void **state)
{
    static const char *const BAD[] = {
        "",
        "whsec_",
        "whsec_whsec_" SECRET,
        "WHSEC_" SECRET,
        "whsec_hunter2hunter2hunter2hunter2hunter", /* no multiple of four without it */
        "whsec_hunter2+hunter2-hunter2_hunter2h",
        "whsec_hunter2hunter2hunter2hunt",  /* 23 bytes and a bit */
        "whsec_hunter2hunter2hunter2hunt=", /* 23 bytes */
        "whsec_hunter2hunter2hunter2hunter2 ",
        " whsec_hunter2hunter2hunter2hunter2h",
        "whsec_hunter2hunter2hunter2hunter2hun=ter2",
        /* 66 bytes */
        "whsec_hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter2"
        "hunt",
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(BAD); i++) {
        struct signature_key key = {.len = 9};
        struct error error = {.detail = ""};

        if (signature_key_read(bytes_of(BAD[i]), &key, &error) == OK)
            fail_msg("taken: %s", BAD[i]);
        assert_int_equal(key.len, 0);
        assert_int_equal(error.code, ERR_INVALID_FIELD);
        assert_null(strstr(error.detail, "hunter"));
        assert_string_equal(error.where, "");
    }
}

static void keys_have_24_to_64_bytes(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (unsigned len = 0; len <= SIGNATURE_KEY_MAX; len++) {
        struct signature_key key = {.len = len}, back;
        struct error error;

        memset(key.at, (int)(0x80 + len), len);
        assert_int_equal(signature_key_read(signature_key_write(&key, arena), &back, &error) == OK,
                         len >= SIGNATURE_KEY_MIN);
        if (len >= SIGNATURE_KEY_MIN)
            assert_memory_equal(&back, &key, sizeof(key));
    }
    arena_free(arena);
}

static void keys_are_equal_byte_for_byte(void **state)
{
    struct signature_key a = {.at = {1, 2, 3}, .len = 3}, b = a;

    (void)state;
    assert_true(signature_key_equal(&a, &b));
    b.at[2] = 4;
    assert_false(signature_key_equal(&a, &b));
    b = a;
    b.len = 2;
    assert_false(signature_key_equal(&a, &b));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_vector_is_written),
        cmocka_unit_test(while_rotating_both_keys_sign),
        cmocka_unit_test(what_was_not_signed_is_refused),
        cmocka_unit_test(five_minutes_either_way_are_forgiven),
        cmocka_unit_test(a_malformed_secret_is_refused_and_not_told),
        cmocka_unit_test(keys_have_24_to_64_bytes),
        cmocka_unit_test(keys_are_equal_byte_for_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
