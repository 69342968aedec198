/* Token file: what is read, what is refused, and that no refusal tells a token. */
#include "token_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define HEX "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct folder {
    char path[40];
    struct token_file file;
    struct error error;
};

static enum err read_text(struct folder *folder, const char *text, size_t len, mode_t mode)
{
    int fd;

    (void)snprintf(folder->path, sizeof(folder->path), "/tmp/sluice-tokens-XXXXXX");
    fd = mkstemp(folder->path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), (ssize_t)len);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
    folder->error = (struct error){0};
    return token_file_read(folder->path, &folder->file, &folder->error);
}

static void give_back(struct folder *folder)
{
    token_file_fini(&folder->file);
    assert_int_equal(unlink(folder->path), 0);
}

static enum err read_lines(struct folder *folder, const char *text)
{
    return read_text(folder, text, strlen(text), 0600);
}

static void lines_are_read_and_empty_ones_left_out(void **state)
{
    struct folder folder;

    (void)state;
    assert_int_equal(read_lines(&folder, "# all\n\nshort-one admin\r\n"
                                         "sha256:" HEX " worker ns=a,b queue=q.* # them\n"
                                         "a-long-enough-plain-token viewer"),
                     OK);

    assert_int_equal(folder.file.lines_len, 3);
    assert_int_equal(folder.file.short_len, 1);
    assert_false(folder.file.facts.is_for_anybody);
    assert_int_equal(folder.file.lines[0].grant.role, ROLE_ADMIN);
    assert_true(bytes_is(folder.file.lines[1].grant.ns, "a,b"));
    assert_int_equal(folder.file.lines[1].hash.at[31], 0xaa);
    assert_int_equal(folder.file.lines[2].grant.role, ROLE_VIEWER);
    give_back(&folder);
}

static void a_wrong_line_is_named_and_its_token_is_not(void **state)
{
    struct folder folder;
    char where[60];

    (void)state;
    assert_int_equal(read_lines(&folder, "one-good-token admin\ntop-secret-token chief\n"),
                     ERR_INVALID_FIELD);

    (void)snprintf(where, sizeof(where), "%s:2: ", folder.path);
    assert_non_null(strstr(folder.error.detail, where));
    assert_null(strstr(folder.error.detail, "top-secret"));
    assert_string_equal(folder.error.where, "token_file");
    give_back(&folder);
}

static void a_client_s_file_is_known(void **state)
{
    static const char *const OTHERS[] = {"a-lone-token viewr", "a-lone-token\nanother-one"};
    struct folder folder;

    (void)state;
    assert_int_not_equal(read_lines(&folder, "\na-lone-token \n"), OK);
    assert_true(folder.file.is_token_alone);
    give_back(&folder);
    for (size_t i = 0; i < ARRAY_LEN(OTHERS); i++) {
        assert_int_not_equal(read_lines(&folder, OTHERS[i]), OK);
        assert_false(folder.file.is_token_alone);
        give_back(&folder);
    }
}

static void a_token_given_twice_is_refused(void **state)
{
    struct folder folder;

    (void)state;
    assert_int_not_equal(
        read_lines(&folder, "some-token-or-other admin\n\nsome-token-or-other viewer"), OK);

    assert_non_null(strstr(folder.error.detail, ":3: the same token as in line 1"));
    give_back(&folder);
}

#define OURS "slc_abcd1234_0123456789012345678901234567890123456789012"

static void ids_differ_and_are_the_token_s_own_or_the_hash_s(void **state)
{
    static const char *const BAD[] = {
        OURS " admin\nsome-token-or-other viewer id=abcd1234",
        "some-token-or-other viewer id=aaaaaaaa\nsha256:" HEX " viewer",
        "sha256:" HEX " viewer\nsome-token-or-other viewer id=aaaaaaaa",
    };
    struct folder folder;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        assert_int_not_equal(read_lines(&folder, BAD[i]), OK);
        assert_non_null(strstr(folder.error.detail, ":2: the same id as in line 1"));
        give_back(&folder);
    }
    assert_int_equal(read_lines(&folder, OURS " admin\nsha256:" HEX " viewer id=abcd1235 name=x"),
                     OK);
    assert_int_equal(folder.file.plain_len, 1);
    assert_true(bytes_is(folder.file.lines[0].id, "abcd1234"));
    assert_true(bytes_is(folder.file.lines[1].name, "x"));
    give_back(&folder);
}

static void a_file_that_everybody_may_write_is_refused(void **state)
{
    struct folder folder;

    (void)state;
    assert_int_not_equal(read_text(&folder, "", 0, 0606), OK);
    give_back(&folder);
    assert_int_equal(read_text(&folder, "", 0, 0660), geteuid() == 0 ? OK : ERR_INVALID_FIELD);
    give_back(&folder);
    assert_int_equal(read_text(&folder, "", 0, 0644), OK);
    assert_true(folder.file.facts.is_for_anybody);
    assert_int_equal(folder.file.lines_len, 0);
    give_back(&folder);
}

static void what_is_no_file_is_refused(void **state)
{
    struct token_file file;
    struct error error;

    (void)state;
    assert_int_not_equal(token_file_read("/nowhere/tokens", &file, &error), OK);
    assert_non_null(strstr(error.detail, "No such file"));
    token_file_fini(&file);
    assert_int_not_equal(token_file_read("/tmp", &file, &error), OK);
    assert_non_null(strstr(error.detail, "is not a file"));
    token_file_fini(&file);
    assert_int_not_equal(token_file_read("/dev/zero", &file, &error), OK);
    token_file_fini(&file);
}

static void more_than_a_mebibyte_is_refused(void **state)
{
    struct folder folder;
    size_t len = (1 << 20) + 1;
    char *text = calloc(len, 1);

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < len; i++)
        text[i] = '\n';
    assert_int_equal(read_text(&folder, text, len - 1, 0600), OK);
    give_back(&folder);
    assert_int_not_equal(read_text(&folder, text, len, 0600), OK);
    assert_non_null(strstr(folder.error.detail, "1 MiB"));
    give_back(&folder);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_read_and_empty_ones_left_out),
        cmocka_unit_test(a_wrong_line_is_named_and_its_token_is_not),
        cmocka_unit_test(a_client_s_file_is_known),
        cmocka_unit_test(a_token_given_twice_is_refused),
        cmocka_unit_test(ids_differ_and_are_the_token_s_own_or_the_hash_s),
        cmocka_unit_test(a_file_that_everybody_may_write_is_refused),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(more_than_a_mebibyte_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
