/* Options: dates stand for their midnight, and only commands about a namespace have one. */
#include "options.h"

#include "commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct options *parse(const struct command *command, char *first, char *second)
{
    char *args[] = {first, second, NULL};
    struct options *options = NULL;

    assert_int_equal(options_parse(command, 2, args, &options), OPTIONS_READY);
    return options;
}

static void a_date_is_its_midnight(void **state)
{
    char name[] = "--at";
    char date[] = "1970-01-02";
    char month[] = "1970-13-02";
    char *args[] = {name, month, NULL};
    struct options *options = parse(&command_submit, name, date);

    (void)state;
    assert_string_equal(options_text(options, "at"), "1970-01-02T00:00:00Z");
    assert_int_equal(options_number(options, "at", -1), 86400000);
    options_free(options);
    assert_int_equal(options_parse(&command_submit, 2, args, &options), OPTIONS_WRONG);
}

static void only_commands_about_a_namespace_have_one(void **state)
{
    char name[] = "--ns";
    char value[] = "a";
    struct options *options = parse(&command_task_list, name, value);

    (void)state;
    assert_string_equal(options_ns(options), "a");
    options_free(options);
    options = parse(&command_token_create, name, value);
    assert_null(options_ns(options));
    assert_string_equal(options_text(options, "ns"), "a");
    options_free(options);
}

static void the_environment_names_the_namespace_too(void **state)
{
    char name[] = "--queue";
    char value[] = "q";
    struct options *options;

    (void)state;
    assert_return_code(setenv("SLUICE_NS", "b", 1), 0);
    options = parse(&command_task_list, name, value);
    assert_string_equal(options_ns(options), "b");
    options_free(options);
    assert_return_code(unsetenv("SLUICE_NS"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_is_its_midnight),
        cmocka_unit_test(only_commands_about_a_namespace_have_one),
        cmocka_unit_test(the_environment_names_the_namespace_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
