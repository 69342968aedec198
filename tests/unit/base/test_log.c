/* Log: one line a fact in both forms, and nothing in a value can end it, forge it or turn it
 * around. */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json_scan.h"

enum { CAUGHT_MAX = 32768 };

struct capture {
    int ends[2];
    int stderr_before;
    char text[CAUGHT_MAX];
};

static void capture_start(struct capture *capture)
{
    assert_int_equal(pipe(capture->ends), 0);
    capture->stderr_before = dup(STDERR_FILENO);
    assert_true(capture->stderr_before >= 0);
    assert_true(dup2(capture->ends[1], STDERR_FILENO) >= 0);
}

static struct bytes capture_end(struct capture *capture)
{
    assert_true(dup2(capture->stderr_before, STDERR_FILENO) >= 0);
    assert_int_equal(close(capture->stderr_before), 0);
    assert_int_equal(close(capture->ends[1]), 0);

    ssize_t len = read(capture->ends[0], capture->text, sizeof(capture->text) - 1);

    assert_true(len >= 0);
    assert_int_equal(close(capture->ends[0]), 0);
    capture->text[len] = '\0';
    return (struct bytes){capture->text, (size_t)len};
}

static struct bytes written_with(struct capture *capture, enum log_format format,
                                 struct bytes value)
{
    log_configure(LOG_INFO, format);
    capture_start(capture);
    log_event(LOG_WARN, "task.lost", "a \"lease\" ended", LOG_TEXT_FIELD("queue", value),
              LOG_INT_FIELD("task", -42), );
    return capture_end(capture);
}

/* One JSON object a line, one line. */
static struct bytes checked_json(struct bytes line)
{
    static const struct json_limits LIMITS = {.depth_max = 1, .nodes_max = 100};

    assert_int_equal(line.at[line.len - 1], '\n');
    assert_ptr_equal(memchr(line.at, '\n', line.len), line.at + line.len - 1);
    assert_int_equal(json_check(line, &LIMITS, NULL), OK);
    return (struct bytes){line.at, line.len - 1};
}

static void a_json_line_has_all_members(void **state)
{
    struct capture capture;
    struct bytes line = checked_json(written_with(&capture, LOG_JSON, BYTES("mail")));

    (void)state;
    assert_int_equal(json_find(line, "ts").len, 26);
    assert_true(bytes_is(json_find(line, "level"), "\"warn\""));
    assert_true(bytes_is(json_find(line, "event"), "\"task.lost\""));
    assert_true(bytes_is(json_find(line, "msg"), "\"a \\\"lease\\\" ended\""));
    assert_true(bytes_is(json_find(line, "queue"), "\"mail\""));
    assert_true(bytes_is(json_find(line, "task"), "-42"));
}

static void a_text_line_reads_well(void **state)
{
    struct capture capture;
    struct bytes line = written_with(&capture, LOG_TEXT, BYTES("mail"));

    (void)state;
    assert_int_equal(line.at[2], ':');
    assert_int_equal(line.at[8], '.');
    assert_string_equal(line.at + 12,
                        " WARN  task.lost a \\\"lease\\\" ended queue=mail task=-42\n");
    line = written_with(&capture, LOG_TEXT, BYTES("a b=c\"d"));
    assert_non_null(strstr(line.at, " queue=\"a b=c\\\"d\" task=-42\n"));
    line = written_with(&capture, LOG_TEXT, BYTES(""));
    assert_non_null(strstr(line.at, " queue=\"\" task=-42\n"));
}

static void what_could_forge_a_line_is_escaped(void **state)
{
    struct bytes value = BYTES(
        "\n\r\t\0\x1b[31m\x7f\xc2\x85\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae\xe2\x81\xa6\xd8\x9c\xe2\x80\x8f\xff\xe2\x82");
    const char *escaped =
        "\"\\u000a\\u000d\\u0009\\u0000\\u001b[31m\\u007f\\u0085\\u2028\\u2029\\u202e\\u2066\\u061c\\u200f"
        "\\ufffd\\ufffd\\ufffd\"";
    struct capture capture;
    struct bytes line = written_with(&capture, LOG_TEXT, value);

    (void)state;
    assert_ptr_equal(memchr(line.at, '\n', line.len), line.at + line.len - 1);
    assert_non_null(strstr(line.at, escaped));
    line = written_with(&capture, LOG_JSON, value);
    assert_ptr_equal(memchr(line.at, '\n', line.len), line.at + line.len - 1);
    assert_true(bytes_is(json_find(line, "queue"), escaped));
}

static void readable_text_stays(void **state)
{
    struct capture capture;
    struct bytes line = checked_json(
        written_with(&capture, LOG_JSON, BYTES("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")));

    (void)state;
    assert_true(bytes_is(json_find(line, "queue"), "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""));
}

static void long_values_are_cut_between_characters(void **state)
{
    struct capture capture;
    char value[1000];

    (void)state;
    memset(value, 'x', sizeof(value));
    memcpy(value + 255, "\xc3\xa9", 2);

    struct bytes line =
        checked_json(written_with(&capture, LOG_JSON, (struct bytes){value, sizeof(value)}));
    struct bytes cut = json_find(line, "queue");

    assert_int_equal(cut.len, 1 + 255 + 3 + 1);
    assert_memory_equal(cut.at + 255, "x\xe2\x80\xa6\"", 5);
    line = checked_json(written_with(&capture, LOG_JSON, (struct bytes){value + 300, 256}));
    assert_int_equal(json_find(line, "queue").len, 256 + 2);
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
    struct log_field fields[41];
    struct capture capture;
    char value[256];

    (void)state;
    memset(value, 1, sizeof(value));
    for (unsigned i = 0; i < 40; i++)
        fields[i] = LOG_TEXT_FIELD("k", ((struct bytes){value, sizeof(value)}));
    fields[39] = LOG_INT_FIELD("last", 7);
    fields[40] = (struct log_field){.key = NULL};

    log_configure(LOG_INFO, LOG_JSON);
    capture_start(&capture);
    log_write(LOG_INFO, "e", "m", fields);

    struct bytes line = checked_json(capture_end(&capture));

    assert_true(line.len < 8192);
    assert_true(bytes_is(json_find(line, "last"), "7"));
}

static void lower_levels_are_silent(void **state)
{
    struct capture capture;

    (void)state;
    log_configure(LOG_WARN, LOG_JSON);
    assert_false(log_is_on(LOG_INFO));
    assert_true(log_is_on(LOG_ERROR));
    capture_start(&capture);
    log_event(LOG_INFO, "e", "m", );
    assert_int_equal(capture_end(&capture).len, 0);
}

static void auto_is_json_where_no_terminal_is(void **state)
{
    struct capture capture;

    (void)state;
    capture_start(&capture);
    log_configure(LOG_DEBUG, LOG_AUTO);
    log_event(LOG_DEBUG, "e", "m", );
    assert_int_equal(capture_end(&capture).at[0], '{');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_json_line_has_all_members),
        cmocka_unit_test(a_text_line_reads_well),
        cmocka_unit_test(what_could_forge_a_line_is_escaped),
        cmocka_unit_test(readable_text_stays),
        cmocka_unit_test(long_values_are_cut_between_characters),
        cmocka_unit_test(what_does_not_fit_is_left_out_whole),
        cmocka_unit_test(lower_levels_are_silent),
        cmocka_unit_test(auto_is_json_where_no_terminal_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
