/* Zone file: which names are names, and what is read. */
#include "base/zone_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

static struct scratch scratch;

static int set_up(void **state)
{
    (void)state;
    scratch_make(&scratch);
    return mkdir(scratch_path(&scratch, "Europe"), 0700);
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

static void names_of_the_data_are_taken(void **state)
{
    static const char *const GOOD[] = {
        "UTC",       "Europe/Berlin",          "America/Argentina/Ushuaia",
        "Etc/GMT+5", "America/Port-au-Prince", "EST5EDT"};

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(GOOD); i++)
        if (!zone_name_is_valid(bytes_of(GOOD[i])))
            fail_msg("refused: '%s'", GOOD[i]);
}

static void no_name_leads_out_of_the_folder(void **state)
{
    static const char *const BAD[] = {
        "",        ".",    "..",          "../etc/passwd", "/etc/passwd", "Europe/../UTC",
        "Europe/", "/UTC", "Europe//UTC", "tzdata.zi",     "-UTC",        "Europe/-x",
        "Mars X",  "a\\b", "UTC\n",       "\xc3\xa4",      "~root",       "Europe/.hidden",
    };
    char longest[1024];

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(BAD); i++)
        if (zone_name_is_valid(bytes_of(BAD[i])))
            fail_msg("taken: '%s'", BAD[i]);
    assert_false(zone_name_is_valid((struct bytes){"UTC\0x", 5}));
    memset(longest, 'A', sizeof(longest));
    assert_true(zone_name_is_valid((struct bytes){longest, ZONE_NAME_MAX}));
    assert_false(zone_name_is_valid((struct bytes){longest, ZONE_NAME_MAX + 1}));
    assert_false(zone_name_is_valid((struct bytes){longest, sizeof(longest)}));
}

static void assert_refused(const char *name, const char *why)
{
    struct bytes file = BYTES_NONE;
    struct error error = {.code = OK};

    assert_int_equal(zone_file_read(scratch.path, bytes_of(name), "/timezone", &file, &error),
                     ERR_INVALID_FIELD);
    assert_string_equal(error.where, "/timezone");
    if (strstr(error.detail, why) == NULL)
        fail_msg("'%s' does not say '%s'", error.detail, why);
    assert_null(file.at);
}

static void assert_read(const char *name, size_t len)
{
    struct bytes file = BYTES_NONE;
    struct error error = {.code = OK};

    if (zone_file_read(scratch.path, bytes_of(name), "", &file, &error) != OK)
        fail_msg("%s", error.detail);
    assert_int_equal(file.len, len);
    free((void *)(uintptr_t)file.at);
}

static void a_file_is_read_also_behind_a_link(void **state)
{
    (void)state;
    scratch_write(&scratch, "Europe/Berlin", "TZif!", 5);
    assert_int_equal(symlink("Europe/Berlin", scratch_path(&scratch, "Berlin")), 0);
    assert_read("Europe/Berlin", 5);
    assert_read("Berlin", 5);
}

static void what_is_not_there_or_no_file_is_an_unknown_zone(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(scratch_path(&scratch, "Pipe"), 0600), 0);
    assert_int_equal(symlink("Loop", scratch_path(&scratch, "Loop")), 0);
    scratch_write(&scratch, "File", "", 0);
    assert_refused("Mars/X", "no time zone \"Mars/X\" on this machine");
    assert_refused("File/X", "no time zone");
    assert_refused("Europe", "no time zone");
    assert_refused("Pipe", "no time zone");
    assert_refused("Loop", "no time zone");
    assert_refused("../etc/passwd", "is not the name of a time zone");
}

static void a_file_above_the_bound_is_not_read(void **state)
{
    char *large = calloc(1, ZONE_FILE_MAX + 1);

    (void)state;
    scratch_write(&scratch, "Largest", large, ZONE_FILE_MAX);
    scratch_write(&scratch, "Larger", large, ZONE_FILE_MAX + 1);
    free(large);
    assert_read("Largest", ZONE_FILE_MAX);
    assert_refused("Larger", "no time zone");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_the_data_are_taken),
        cmocka_unit_test(no_name_leads_out_of_the_folder),
        cmocka_unit_test(a_file_is_read_also_behind_a_link),
        cmocka_unit_test(what_is_not_there_or_no_file_is_an_unknown_zone),
        cmocka_unit_test(a_file_above_the_bound_is_not_read),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
