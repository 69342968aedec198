/* Config file: what is read, and at which line and column the rest is refused. */
#include "config_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Everything that was read, as "line key=value;". */
struct seen {
    char text[512];
    const char *refuse; /* a key that take does not want */
};

static enum err take(void *ctx, const struct config_line *line, struct error *error)
{
    struct seen *seen = ctx;
    size_t len = strlen(seen->text);

    if (seen->refuse != NULL && bytes_is(line->key, seen->refuse))
        return error_set(error, ERR_INVALID_FIELD, "", "not wanted");
    (void)snprintf(seen->text + len, sizeof(seen->text) - len, "%d %.*s=%.*s;", line->line,
                   BYTES_ARG(line->key), BYTES_ARG(line->value));
    return OK;
}

static void settings_are_read_with_their_sections(void **state)
{
    struct seen seen = {0};
    struct error error;
    const char *text =
        "# a comment\r\n\n a=1\nb = \"x # y\" # z\n[ http ]\nc='\\n'\nd = \"\\\"\\t\\\\\"\n"
        "e=true\nf=1.5";

    (void)state;
    assert_int_equal(config_file_read(bytes_of(text), take, &seen, &error), OK);

    assert_string_equal(seen.text, "3 a=1;4 b=x # y;6 http.c=\\n;7 http.d=\"\t\\;8 http.e=true;"
                                   "9 http.f=1.5;");
}

static void what_is_wrong_is_placed(void **state)
{
    static const struct wrong {
        const char *text, *where;
    } wrong[] = {
        {"a", "1:2"},
        {"a =", "1:4"},
        {"a = b", "1:5"},
        {"\n = 1", "2:2"},
        {"a = \"b", "1:5"},
        {"a = \"b\" c", "1:9"},
        {"a = \"\\q\"", "1:6"},
        {"[x", "1:3"},
        {"[x] y", "1:5"},
        {"a.b = 1", "1:2"},
        {"a = ./b", "1:5"},
        {"[]", "1:2"},
        {"ok = 1\nno = 2", "2:6"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct seen seen = {.refuse = "no"};
        struct error error = {0};

        assert_int_not_equal(config_file_read(bytes_of(wrong[i].text), take, &seen, &error), OK);
        assert_string_equal(error.where, wrong[i].where);
    }
}

static void names_and_values_that_are_too_long_are_refused(void **state)
{
    char text[6000];
    struct seen seen = {0};
    struct error error;

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_int_equal(config_file_read((struct bytes){text, 200}, take, &seen, &error),
                     ERR_MALFORMED);
    text[1] = '=';
    text[2] = text[5999] = '"';
    assert_int_equal(config_file_read((struct bytes){text, 6000}, take, &seen, &error),
                     ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_read_with_their_sections),
        cmocka_unit_test(what_is_wrong_is_placed),
        cmocka_unit_test(names_and_values_that_are_too_long_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
