/* Token: its form, its hash, and the lines of the token file. */
#include "domain/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <regex.h>
#include <string.h>

#define SECRET "hunter2-hunter2-hunter2"

static void a_made_token_has_the_form_that_scanners_know(void **state)
{
    struct random_source random = random_system();
    char text[TOKEN_TEXT_LEN + 1], other[TOKEN_TEXT_LEN + 1];
    regex_t form;

    (void)state;
    assert_int_equal(regcomp(&form, "^slc_[a-z0-9]{8}_[A-Za-z0-9_-]{43}$", REG_EXTENDED), 0);
    token_make(&random, other);
    for (unsigned i = 0; i < 1000; i++) {
        token_make(&random, text);
        assert_int_equal(strlen(text), TOKEN_TEXT_LEN);
        assert_int_equal(regexec(&form, text, 0, NULL, 0), 0);
        assert_true(token_is_ours(bytes_of(text)) && token_is_sane(bytes_of(text)));
        assert_string_not_equal(text, other);
    }
    regfree(&form);
}

static void fill_with(void *ctx, void *ret_bytes, size_t len)
{
    memset(ret_bytes, len == 32 ? *(const int *)ctx : 0x55, len); /* the id is drawn otherwise */
}

static void the_secret_is_base64url_of_all_its_bits(void **state)
{
    int byte = 0xff;
    struct random_source random = {.ctx = &byte, .fill = fill_with};
    char text[TOKEN_TEXT_LEN + 1];

    (void)state;
    token_make(&random, text);
    assert_string_equal(text + 13, "__________________________________________8");
    byte = 0;
    token_make(&random, text);
    assert_string_equal(text + 13, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
}

static void any_other_form_is_not_ours(void **state)
{
    struct random_source random = random_system();
    char text[TOKEN_TEXT_LEN + 1];

    (void)state;
    for (unsigned at = 0; at < TOKEN_TEXT_LEN; at++) {
        token_make(&random, text);
        text[at] = '!';
        assert_false(token_is_ours(bytes_of(text)));
        text[at] = '\0';
        assert_false(token_is_ours((struct bytes){text, TOKEN_TEXT_LEN}));
        assert_false(token_is_ours((struct bytes){text, at}));
    }
}

static void a_token_is_visible_ascii(void **state)
{
    char text[TOKEN_GIVEN_MAX + 1];

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_false(token_is_sane((struct bytes){text, TOKEN_GIVEN_MIN - 1}));
    assert_true(token_is_sane((struct bytes){text, TOKEN_GIVEN_MIN}));
    assert_true(token_is_sane((struct bytes){text, TOKEN_GIVEN_MAX}));
    assert_false(token_is_sane((struct bytes){text, TOKEN_GIVEN_MAX + 1}));
    for (int c = 0; c < 256; c++) {
        text[3] = (char)c;
        assert_int_equal(token_is_sane((struct bytes){text, 10}), c > 0x20 && c < 0x7f);
    }
}

/* ---- lines ---- */

static struct token_line read_line(const char *text)
{
    struct token_line line;
    struct error error = {.detail = ""};
    bool is_empty = true;

    if (token_line_read(bytes_of(text), &line, &is_empty, &error) != OK)
        fail_msg("%s: %s", text, error.detail);
    assert_false(is_empty);
    return line;
}

static void a_line_says_token_role_and_bounds(void **state)
{
    struct token_line line =
        read_line("\t" SECRET
                  "   worker ns=a,b-* queue=img-*\texpires=1970-01-02T00:00:00Z # of the printer");
    struct digest hash = token_hash(BYTES(SECRET));

    (void)state;
    assert_memory_equal(line.hash.at, hash.at, sizeof(hash.at));
    assert_int_equal(line.grant.role, ROLE_WORKER);
    assert_true(bytes_is(line.grant.ns, "a,b-*") && bytes_is(line.grant.queues, "img-*"));
    assert_int_equal(line.expires_at_ms, 86400000);
    assert_false(line.is_short);

    line = read_line("12345678 admin");
    assert_true(line.is_short && grant_is_unbounded(&line.grant));
    assert_int_equal(line.expires_at_ms, -1);
}

static void a_hash_stands_for_its_token(void **state)
{
    char hex[DIGEST_LEN * 2 + 1], text[128];
    struct token_line line;
    struct digest hash = token_hash(BYTES(SECRET));

    (void)state;
    digest_hex(hash, hex);
    (void)snprintf(text, sizeof(text), "sha256:%s viewer", hex);
    line = read_line(text);
    assert_memory_equal(line.hash.at, hash.at, sizeof(hash.at));
    assert_false(line.is_short);
}

static void a_line_may_say_id_and_name(void **state)
{
    char ours[TOKEN_TEXT_LEN + 1], text[256];
    struct random_source random = random_system();
    struct token_line line = read_line(SECRET " viewer name=the.shop:1 id=ab12cd34");
    struct error error;
    bool is_empty;

    (void)state;
    assert_true(bytes_is(line.id, "ab12cd34") && bytes_is(line.name, "the.shop:1"));
    line = read_line(SECRET " viewer");
    assert_true(line.id.at == NULL && line.name.at == NULL && line.is_plain);
    token_make(&random, ours);
    (void)snprintf(text, sizeof(text), "%s viewer", ours);
    line = read_line(text);
    assert_memory_equal(line.id.at, ours + 4, TOKEN_ID_LEN);
    (void)snprintf(text, sizeof(text), "%s viewer id=%.8s", ours, ours + 4);
    assert_int_equal(token_line_read(bytes_of(text), &line, &is_empty, &error), OK);
    (void)snprintf(text, sizeof(text), "%s viewer id=%.7s-", ours, ours + 4);
    assert_int_not_equal(token_line_read(bytes_of(text), &line, &is_empty, &error), OK);
    (void)snprintf(text, sizeof(text), "%s viewer id=%.7s%c", ours, ours + 4,
                   ours[11] == 'x' ? 'y' : 'x');
    assert_int_not_equal(token_line_read(bytes_of(text), &line, &is_empty, &error), OK);
}

static void empty_lines_and_comments_say_nothing(void **state)
{
    static const char *const EMPTY[] = {"", " \t ", "# all of it", "  #"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(EMPTY); i++) {
        struct token_line line;
        struct error error;
        bool is_empty = false;

        assert_int_equal(token_line_read(bytes_of(EMPTY[i]), &line, &is_empty, &error), OK);
        assert_true(is_empty);
    }
}

/* Every one of them holds the secret, and no error tells it. */
static void a_bad_line_is_refused_without_telling_the_token(void **state)
{
    static const char *const BAD[] = {
        SECRET,
        SECRET " ",
        SECRET " boss",
        SECRET " # admin",
        SECRET " ADMIN",
        SECRET " admin ns=",
        SECRET " admin ns=a,,b",
        SECRET " admin ns=a/b",
        SECRET " admin queue=\xc3\xa4",
        SECRET " admin ns=a ns=b",
        SECRET " admin queue=a queue=a",
        SECRET " admin expires=2030-01-01T00:00:00Z expires=2031-01-01T00:00:00Z",
        SECRET " admin expires=tomorrow",
        SECRET " admin expires=",
        SECRET " admin read-only",
        SECRET " admin id=ab12cd3",
        SECRET " admin id=ab12cd345",
        SECRET " admin id=AB12CD34",
        SECRET " admin id=",
        SECRET " admin id=ab12cd34 id=ab12cd34",
        SECRET " admin name=",
        SECRET " admin name=a/b",
        SECRET " admin name=a name=b",
        SECRET " admin name=the shop",
        SECRET "\x01 admin",
        SECRET "\xc3\xa4 admin",
        "viewer " SECRET,
        "admin ns=" SECRET,
        "sha256:" SECRET " admin",
        "sha256: " SECRET,
        SECRET "\r",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        struct token_line line;
        struct error error = {.detail = ""};
        bool is_empty = false;

        if (token_line_read(bytes_of(BAD[i]), &line, &is_empty, &error) == OK)
            fail_msg("taken: %s", BAD[i]);
        assert_int_not_equal(error.code, OK);
        assert_true(strlen(error.detail) > 0);
        assert_null(strstr(error.detail, "hunter2"));
        assert_null(strstr(error.where, "hunter2"));
    }
}

static void a_hash_has_64_hex_digits(void **state)
{
    char text[128];
    struct token_line line;
    struct error error;
    bool is_empty;

    (void)state;
    for (int len = 0; len < 80; len++) {
        (void)snprintf(
            text, sizeof(text), "sha256:%.*s admin", len,
            "00112233445566778899aabbccddeeFF00112233445566778899AABBCCDDEEff0011223344556677");
        assert_int_equal(token_line_read(bytes_of(text), &line, &is_empty, &error) == OK,
                         len == 64);
    }
}

static void who_rules_all_is_an_unbounded_admin_who_has_not_ended(void **state)
{
    struct grant grant = {ROLE_ADMIN, BYTES("*"), BYTES("a,*")};

    (void)state;
    assert_true(token_rules_all(&grant, -1, 1000));
    assert_true(token_rules_all(&grant, 1001, 1000));
    assert_false(token_rules_all(&grant, 1000, 1000));
    grant.queues = BYTES("a");
    assert_false(token_rules_all(&grant, -1, 1000));
    grant = (struct grant){ROLE_OPERATOR, BYTES("*"), BYTES("*")};
    assert_false(token_rules_all(&grant, -1, 1000));
    assert_true(token_is_long(BYTES("01234567890123456789")));
    assert_false(token_is_long(BYTES("0123456789012345678")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_made_token_has_the_form_that_scanners_know),
        cmocka_unit_test(the_secret_is_base64url_of_all_its_bits),
        cmocka_unit_test(any_other_form_is_not_ours),
        cmocka_unit_test(a_token_is_visible_ascii),
        cmocka_unit_test(a_line_says_token_role_and_bounds),
        cmocka_unit_test(a_hash_stands_for_its_token),
        cmocka_unit_test(a_line_may_say_id_and_name),
        cmocka_unit_test(empty_lines_and_comments_say_nothing),
        cmocka_unit_test(a_bad_line_is_refused_without_telling_the_token),
        cmocka_unit_test(a_hash_has_64_hex_digits),
        cmocka_unit_test(who_rules_all_is_an_unbounded_admin_who_has_not_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
