/* JSON scan: every class of bad syntax is refused, bounds hold, and lifted values keep their exact
 * bytes. */
#include "base/json_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "long_json.h"

static const struct json_limits LIMITS = {
    .depth_max = 32, .nodes_max = 20000, .lifted_depth_max = 512};

/* A copy of the exact size, so that a sanitizer sees any byte read too many. */
static enum err check(struct bytes text, struct error *error)
{
    char *copy = malloc(text.len > 0 ? text.len : 1);

    assert_non_null(copy);
    if (text.len > 0)
        memcpy(copy, text.at, text.len);

    enum err err = json_check((struct bytes){copy, text.len}, &LIMITS, error);

    free(copy);
    return err;
}

static enum err check_kept(struct bytes text)
{
    return json_check_kept(text, &LIMITS, NULL);
}

#define ACCEPTED(literal) assert_int_equal(check(BYTES(literal), NULL), OK)
#define REFUSED(literal)                                                                           \
    do {                                                                                           \
        assert_int_equal(check(BYTES(literal), NULL), ERR_MALFORMED);                              \
        assert_int_equal(check_kept(BYTES(literal)), ERR_MALFORMED);                               \
    } while (0)

static void any_value_may_stand_at_the_top(void **state)
{
    (void)state;
    ACCEPTED("null");
    ACCEPTED("true");
    ACCEPTED("false");
    ACCEPTED("0");
    ACCEPTED("\"x\"");
    ACCEPTED("\"\"");
    ACCEPTED("[]");
    ACCEPTED("{}");
    ACCEPTED(" \t\r\n{ \"a\" : [ 1 , 2 ] } \n");
}

static void nothing_and_blanks_are_refused(void **state)
{
    (void)state;
    REFUSED("");
    REFUSED(" ");
    REFUSED("\n\t\r ");
    assert_int_equal(check(BYTES_NONE, NULL), ERR_MALFORMED);
}

static void a_byte_order_mark_is_refused(void **state)
{
    struct error error;

    (void)state;
    REFUSED("\xef\xbb\xbf{}");
    REFUSED("\xef\xbb\xbf");
    assert_int_equal(check(BYTES("\xef\xbb\xbf{}"), &error), ERR_MALFORMED);
    assert_non_null(strstr(error.detail, "byte order mark"));
    ACCEPTED("\"\xef\xbb\xbf\"");
}

static void other_encodings_are_refused(void **state)
{
    (void)state;
    REFUSED("{\0}\0");
    REFUSED("\xff\xfe{\0}\0");
    REFUSED("\0{\0}");
    REFUSED("\xfe\xff\0{\0}");
    REFUSED("{}\0");
    REFUSED("\xa0{}");
}

static void structure_must_be_right(void **state)
{
    (void)state;
    REFUSED("[1,]");
    REFUSED("[,1]");
    REFUSED("[1,,2]");
    REFUSED("[,]");
    REFUSED("[1 2]");
    REFUSED("[1:2]");
    REFUSED("{\"a\":1,}");
    REFUSED("{,}");
    REFUSED("{\"a\":1,,\"b\":2}");
    REFUSED("{\"a\"}");
    REFUSED("{\"a\":}");
    REFUSED("{\"a\" 1}");
    REFUSED("{\"a\",1}");
    REFUSED("{:1}");
    REFUSED("{1:1}");
    REFUSED("{null:1}");
    REFUSED("{a:1}");
    REFUSED("{[]:1}");
    REFUSED("{\"a\":1 \"b\":2}");
    REFUSED("{\"a\"::1}");
    REFUSED("[}");
    REFUSED("{]");
    REFUSED("[1}");
    REFUSED("{\"a\":1]");
    REFUSED("[");
    REFUSED("{");
    REFUSED("[1");
    REFUSED("[1,");
    REFUSED("{\"a");
    REFUSED("{\"a\"");
    REFUSED("{\"a\":");
    REFUSED("{\"a\":1");
    REFUSED("{\"a\":1,");
    REFUSED("]");
    REFUSED("}");
    REFUSED(",");
    REFUSED(":");
    REFUSED("[[]");
    REFUSED("[]]");
}

static void one_document_stands_alone(void **state)
{
    (void)state;
    REFUSED("{}{}");
    REFUSED("{} {}");
    REFUSED("{}\n{}\n");
    REFUSED("1 2");
    REFUSED("{}x");
    REFUSED("{},");
    REFUSED("{}]");
    REFUSED("nullnull");
    REFUSED("\"a\"\"b\"");
    REFUSED("{}#");
}

static void what_only_other_languages_know_is_refused(void **state)
{
    (void)state;
    REFUSED("{'a':1}");
    REFUSED("['a']");
    REFUSED("[1 /* one */]");
    REFUSED("[1] // one");
    REFUSED("# a\n[]");
    REFUSED("NaN");
    REFUSED("-NaN");
    REFUSED("Infinity");
    REFUSED("-Infinity");
    REFUSED("inf");
    REFUSED("undefined");
    REFUSED("True");
    REFUSED("NULL");
    REFUSED("tru");
    REFUSED("truee");
    REFUSED("nul");
    REFUSED("fals");
    REFUSED("t");
    REFUSED("[\v1]");
    REFUSED("[\f1]");
    REFUSED("[\xc2\xa0]");
    REFUSED("[\xe2\x80\xa8]");
    REFUSED("`a`");
    REFUSED("(1)");
    REFUSED("<a>");
}

static void numbers_follow_the_grammar(void **state)
{
    (void)state;
    REFUSED("01");
    REFUSED("-01");
    REFUSED("00");
    REFUSED("+1");
    REFUSED(".5");
    REFUSED("-.5");
    REFUSED("1.");
    REFUSED("1.e1");
    REFUSED("0x1");
    REFUSED("1e");
    REFUSED("1e+");
    REFUSED("1e-");
    REFUSED("1E");
    REFUSED("1e1.5");
    REFUSED("-");
    REFUSED("--1");
    REFUSED("1-1");
    REFUSED("1_000");
    REFUSED("[1.2.3]");
    REFUSED("[-]");
    REFUSED("1a");
    ACCEPTED("-0");
    ACCEPTED("-0.0e-0");
    ACCEPTED("0.5");
    ACCEPTED("10");
    ACCEPTED("1e400");
    ACCEPTED("1E+2");
    ACCEPTED("1e-400");
    ACCEPTED("9223372036854775808");
    ACCEPTED("-9223372036854775809");
    ACCEPTED("12345678901234567890");
    ACCEPTED("0.1234567890123456789012345");
}

static void strings_must_escape_what_is_special(void **state)
{
    (void)state;
    REFUSED("\"\x01\"");
    REFUSED("\"\x1f\"");
    REFUSED("\"\n\"");
    REFUSED("\"\t\"");
    REFUSED("\"a\0b\"");
    REFUSED("\"abcdefgh\x1fijk\"");
    REFUSED("\"\\x41\"");
    REFUSED("\"\\u12\"");
    REFUSED("\"\\u12g4\"");
    REFUSED("\"\\u\"");
    REFUSED("\"\\U0041\"");
    REFUSED("\"\\'\"");
    REFUSED("\"\\0\"");
    REFUSED("\"\\a\"");
    REFUSED("\"\\\xc3\xa9\"");
    REFUSED("\"\\\n\"");
    REFUSED("\"");
    REFUSED("\"a");
    REFUSED("\"\\");
    REFUSED("\"\\\"");
    REFUSED("\"\\u");
    REFUSED("\"\\u004");
    REFUSED("\"\\u0041");
    REFUSED("{\"\\x\":1}");
    ACCEPTED("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\uFFFF\\uaBcD\"");
    ACCEPTED("\"\x7f/\"");
    ACCEPTED("\"\\\\\"");
    ACCEPTED("\"\\u0001\"");
}

static void half_surrogate_pairs_are_refused(void **state)
{
    (void)state;
    REFUSED("\"\\ud800\"");
    REFUSED("\"\\udbff\"");
    REFUSED("\"\\udc00\"");
    REFUSED("\"\\udfff\"");
    REFUSED("\"\\udc00\\ud800\"");
    REFUSED("\"\\ud800\\ud800\"");
    REFUSED("\"\\ud800a\"");
    REFUSED("\"\\ud800\\n\"");
    REFUSED("\"\\ud800\\u0041\"");
    REFUSED("\"\\ud800\\udc0\"");
    REFUSED("\"\\ud83d\\\"");
    REFUSED("\"\\uD83D\\uDE0");
    REFUSED("{\"\\ud800\":1}");
    ACCEPTED("\"\\ud83d\\ude00\"");
    ACCEPTED("\"\\uD800\\uDC00\\uDBFF\\uDFFF\"");
}

static void text_must_be_utf8(void **state)
{
    (void)state;
    REFUSED("\"\xff\"");
    REFUSED("\"\xfe\"");
    REFUSED("\"\x80\"");
    REFUSED("\"\xbf\"");
    REFUSED("\"\xc0\xaf\"");
    REFUSED("\"\xc1\xbf\"");
    REFUSED("\"\xe0\x80\xaf\"");
    REFUSED("\"\xe0\x9f\xbf\"");
    REFUSED("\"\xf0\x80\x80\xaf\"");
    REFUSED("\"\xf0\x8f\xbf\xbf\"");
    REFUSED("\"\xed\xa0\x80\"");
    REFUSED("\"\xed\xbf\xbf\"");
    REFUSED("\"\xf4\x90\x80\x80\"");
    REFUSED("\"\xf5\x80\x80\x80\"");
    REFUSED("\"\xf8\x88\x80\x80\x80\"");
    REFUSED("\"\xc3\"");
    REFUSED("\"\xe2\x82\"");
    REFUSED("\"\xf0\x9f\x98\"");
    REFUSED("\"\xc3");
    REFUSED("\"\xe2\x82");
    REFUSED("\"\xf0\x9f\x98");
    REFUSED("\"\xc3\x28\"");
    REFUSED("\"\xe2\x28\xa1\"");
    REFUSED("\"abc\xe2\x82\xac\xff\"");
    REFUSED("{\"\xff\":1}");
    REFUSED("\xc3\xa9");
    ACCEPTED("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"");
    ACCEPTED("\"\xed\x9f\xbf\xee\x80\x80\"");
    ACCEPTED("{\"\xc3\xa9\":1,\"e\xcc\x81\":2}");
}

static void a_stop_is_seen_at_every_place_of_a_word(void **state)
{
    static const char *const STOPS[] = {"\x01", "\xff", "\\x", "\\ud800", "\xc3"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(STOPS); i++) {
        for (unsigned place = 0; place < 20; place++) {
            struct buffer text;

            buffer_init(&text, 100);
            buffer_printf(&text, "\"%.*s%s%.*s\"", (int)place, "abcdefghijklmnopqrstu", STOPS[i],
                          12, "vwxyzabcdefghi");
            assert_int_equal(check(buffer_bytes(&text), NULL), ERR_MALFORMED);
            buffer_fini(&text);
        }
    }
}

static void a_null_code_is_kept_but_not_read(void **state)
{
    (void)state;
    assert_int_equal(check(BYTES("\"a\\u0000b\""), NULL), ERR_MALFORMED);
    assert_int_equal(check(BYTES("{\"\\u0000\":1}"), NULL), ERR_MALFORMED);
    assert_int_equal(check_kept(BYTES("\"a\\u0000b\"")), OK);
}

static enum err check_and_drop(struct buffer text)
{
    enum err err = check(buffer_bytes(&text), NULL);

    assert_false(text.overflowed);
    buffer_fini(&text);
    return err;
}

static void depth_is_bounded(void **state)
{
    struct error error;

    (void)state;
    assert_int_equal(check_and_drop(nested(32, "[", "]")), OK);
    assert_int_equal(check_and_drop(nested(33, "[", "]")), ERR_MALFORMED);
    assert_int_equal(check_and_drop(nested(32, "{\"a\":", "}")), OK);
    assert_int_equal(check_and_drop(nested(33, "{\"a\":", "}")), ERR_MALFORMED);
    assert_int_equal(check_and_drop(nested(2049, "[", "]")), ERR_MALFORMED);
    assert_int_equal(check_and_drop(nested(100000, "[", "]")), ERR_MALFORMED);
    assert_int_equal(check_and_drop(repeated("", "[", 500000, "")), ERR_MALFORMED);
    assert_int_equal(check_and_drop(repeated("", "{\"a\":", 500000, "")), ERR_MALFORMED);

    struct buffer text = nested(33, "[", "]");

    assert_int_equal(check(buffer_bytes(&text), &error), ERR_MALFORMED);
    assert_string_equal(error.detail,
                        "not acceptable JSON: nested too deep, at most 32, at byte 32");
    buffer_fini(&text);
}

static void depth_of_kept_text_has_its_own_bound(void **state)
{
    (void)state;
    struct buffer fits = nested(512, "[", "]");
    struct buffer too_deep = nested(513, "[", "]");

    assert_int_equal(check_kept(buffer_bytes(&fits)), OK);
    assert_int_equal(check_kept(buffer_bytes(&too_deep)), ERR_MALFORMED);

    buffer_fini(&fits);
    buffer_fini(&too_deep);
}

static void values_are_counted(void **state)
{
    (void)state;
    assert_int_equal(check_and_drop(repeated("[", "1,", 19998, "1]")), OK);
    assert_int_equal(check_and_drop(repeated("[", "1,", 19999, "1]")), ERR_MALFORMED);
    assert_int_equal(check_and_drop(repeated("[", "{},", 350000, "{}]")), ERR_MALFORMED);
    assert_int_equal(check_and_drop(repeated("{", "\"\":0,", 90000, "\"\":0}")), ERR_MALFORMED);

    struct buffer text = repeated("[", "{},", 350000, "{}]");

    assert_int_equal(check_kept(buffer_bytes(&text)), OK);
    buffer_fini(&text);
}

static void long_strings_are_fine(void **state)
{
    (void)state;
    assert_int_equal(check_and_drop(repeated("{\"", "k", 1 << 20, "\":1}")), OK);
    assert_int_equal(check_and_drop(repeated("\"", "\\u00e9", 1 << 18, "\"")), OK);
    assert_int_equal(check_and_drop(repeated("\"", "\xe2\x82\xac", 1 << 18, "\"")), OK);
}

static void the_error_says_what_and_where(void **state)
{
    struct error error;

    (void)state;
    assert_int_equal(check(BYTES("{\"a\":1,}"), &error), ERR_MALFORMED);
    assert_int_equal(error.code, ERR_MALFORMED);
    assert_string_equal(error.where, "");
    assert_string_equal(error.detail, "not acceptable JSON: expected a member's name, at byte 7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_value_may_stand_at_the_top),
        cmocka_unit_test(nothing_and_blanks_are_refused),
        cmocka_unit_test(a_byte_order_mark_is_refused),
        cmocka_unit_test(other_encodings_are_refused),
        cmocka_unit_test(structure_must_be_right),
        cmocka_unit_test(one_document_stands_alone),
        cmocka_unit_test(what_only_other_languages_know_is_refused),
        cmocka_unit_test(numbers_follow_the_grammar),
        cmocka_unit_test(strings_must_escape_what_is_special),
        cmocka_unit_test(half_surrogate_pairs_are_refused),
        cmocka_unit_test(text_must_be_utf8),
        cmocka_unit_test(a_stop_is_seen_at_every_place_of_a_word),
        cmocka_unit_test(a_null_code_is_kept_but_not_read),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(depth_of_kept_text_has_its_own_bound),
        cmocka_unit_test(values_are_counted),
        cmocka_unit_test(long_strings_are_fine),
        cmocka_unit_test(the_error_says_what_and_where),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
