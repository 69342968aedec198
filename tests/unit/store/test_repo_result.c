/* Task repo, second half: results keep apart what is written at different times; attempts and logs
 * come back in order. */
#include "store/repo_task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "store_fixture.h"

static void assert_text(struct bytes actual, const char *expected)
{
    if (expected == NULL)
        assert_null(actual.at);
    else
        assert_true(bytes_is(actual, expected));
}

static struct task loaded(struct store_fixture *fixture, int64_t number)
{
    struct task task = {.number = number, .has_results = true};

    result_load(fixture->db, &task, fixture->arena);
    return task;
}

static void a_result_comes_back_byte_for_byte(void **state)
{
    struct store_fixture *fixture = *state;
    static const char bytes[] = "\0\xff result";
    struct body result = {.data = {bytes, sizeof(bytes) - 1}, .content_type = BYTES("image/png")};

    result_save_end(fixture->db, 1, &result, BYTES("{\"type\":\"x\"}"));

    struct task task = loaded(fixture, 1);

    assert_true(bytes_equal(task.result.data, result.data));
    assert_text(task.result.content_type, "image/png");
    assert_text(task.error, "{\"type\":\"x\"}");
    assert_text(task.cancel_reason, NULL);
    assert_text(task.progress, NULL);
    assert_text(task.checkpoint, NULL);
}

static void the_rest_is_read_without_the_result(void **state)
{
    struct store_fixture *fixture = *state;
    struct body result = {.data = BYTES("large"), .content_type = BYTES("image/png")};
    struct task task = {.number = 1, .has_results = true};

    result_save_end(fixture->db, 1, &result, BYTES("{\"type\":\"x\"}"));
    result_save_reason(fixture->db, 1, BYTES("user"));
    result_load_rest(fixture->db, &task, fixture->arena);

    assert_null(task.result.data.at);
    assert_text(task.result.content_type, "image/png");
    assert_text(task.error, "{\"type\":\"x\"}");
    assert_text(task.cancel_reason, "user");
    assert_text(loaded(fixture, 1).error, "{\"type\":\"x\"}"); /* the statement is done with */
}

static void an_empty_result_is_not_the_same_as_none(void **state)
{
    struct store_fixture *fixture = *state;
    struct body empty = {.data = BYTES("")}, none = {.data = BYTES_NONE};

    result_save_end(fixture->db, 1, &empty, BYTES_NONE);
    assert_non_null(loaded(fixture, 1).result.data.at);
    assert_int_equal(loaded(fixture, 1).result.data.len, 0);
    result_save_end(fixture->db, 1, &none, BYTES_NONE);
    assert_null(loaded(fixture, 1).result.data.at);
}

/* Each part is written first by one task and last by another. */
static void each_part_is_written_without_touching_the_others(void **state)
{
    struct store_fixture *fixture = *state;
    struct body result = {.data = BYTES("r")};

    for (int64_t turn = 0; turn < 4; turn++)
        for (int64_t part = turn; part < turn + 4; part++) {
            if (part % 4 == 0)
                result_save_end(fixture->db, turn + 1, &result, BYTES("e"));
            else if (part % 4 == 1)
                result_save_reason(fixture->db, turn + 1, BYTES("c"));
            else if (part % 4 == 2)
                result_save_progress(fixture->db, turn + 1, BYTES("p"));
            else
                result_save_checkpoint(fixture->db, turn + 1, BYTES("k"));
        }
    for (int64_t turn = 0; turn < 4; turn++) {
        struct task task = loaded(fixture, turn + 1);

        assert_text(task.result.data, "r");
        assert_text(task.error, "e");
        assert_text(task.cancel_reason, "c");
        assert_text(task.progress, "p");
        assert_text(task.checkpoint, "k");
    }
}

static void later_values_replace_earlier_ones(void **state)
{
    struct store_fixture *fixture = *state;

    result_save_progress(fixture->db, 1, BYTES("old"));
    result_save_progress(fixture->db, 1, BYTES("new"));
    result_save_checkpoint(fixture->db, 1, BYTES("old"));
    result_save_checkpoint(fixture->db, 1, BYTES_NONE);
    assert_text(loaded(fixture, 1).progress, "new");
    assert_text(loaded(fixture, 1).checkpoint, NULL);
}

static void forgetting_the_end_keeps_what_the_next_attempt_needs(void **state)
{
    struct store_fixture *fixture = *state;
    struct body result = {.data = BYTES("r"), .content_type = BYTES("t")};

    result_save_checkpoint(fixture->db, 1, BYTES("k"));
    result_save_reason(fixture->db, 1, BYTES("c"));
    result_save_end(fixture->db, 1, &result, BYTES("e"));
    result_forget_end(fixture->db, 1);

    struct task task = loaded(fixture, 1);

    assert_text(task.checkpoint, "k");
    assert_text(task.result.data, NULL);
    assert_text(task.result.content_type, NULL);
    assert_text(task.error, NULL);
    assert_text(task.cancel_reason, NULL);
}

static void a_task_without_results_costs_no_look(void **state)
{
    struct store_fixture *fixture = *state;
    struct task task = {.number = 1, .has_results = false}, absent = loaded(fixture, 99);

    result_save_progress(fixture->db, 1, BYTES("p"));
    result_load(fixture->db, &task, fixture->arena);
    assert_text(task.progress, NULL);
    assert_text(absent.progress, NULL);
}

static void an_error_can_be_read_alone(void **state)
{
    struct store_fixture *fixture = *state;
    struct body none = {.data = BYTES_NONE};

    result_save_end(fixture->db, 1, &none, BYTES("e"));
    result_save_progress(fixture->db, 2, BYTES("p"));
    assert_text(result_error(fixture->db, 1, fixture->arena), "e");
    assert_text(result_error(fixture->db, 2, fixture->arena), NULL);
    assert_text(result_error(fixture->db, 99, fixture->arena), NULL);
}

static struct attempt attempt_from(int32_t delivery)
{
    return (struct attempt){
        .attempt = delivery + 1,
        .delivery = delivery,
        .worker = id_from((unsigned)delivery + 2),
        .claimed_at_ms = delivery + 3,
        .started_at_ms = delivery % 2 == 0 ? -1 : delivery + 4,
        .finished_at_ms = delivery + 5,
        .outcome = delivery % 2 == 0 ? ATTEMPT_LOST : ATTEMPT_FAILED,
        .error = delivery % 2 == 0 ? BYTES_NONE : BYTES("{\"message\":\"m\"}"),
    };
}

static void put_attempt(struct store_fixture *fixture, int64_t task, int32_t delivery)
{
    struct attempt attempt = attempt_from(delivery);
    struct attempt_end end = {
        .task = task, .attempt = &attempt, .nonce = BYTES("0123456789abcdef")};

    attempt_insert(fixture->db, &end);
}

static void assert_same_attempt(const struct attempt *one, const struct attempt *other)
{
    assert_int_equal(one->attempt, other->attempt);
    assert_int_equal(one->delivery, other->delivery);
    assert_true(id_equal(one->worker, other->worker));
    assert_int_equal(one->claimed_at_ms, other->claimed_at_ms);
    assert_int_equal(one->started_at_ms, other->started_at_ms);
    assert_int_equal(one->finished_at_ms, other->finished_at_ms);
    assert_int_equal(one->outcome, other->outcome);
    assert_true(bytes_equal(one->error, other->error));
    assert_int_equal(one->error.at == NULL, other->error.at == NULL);
}

static void attempts_come_back_in_the_order_of_delivery(void **state)
{
    struct store_fixture *fixture = *state;
    struct attempt *attempts = NULL;
    unsigned len = 0;

    for (int32_t delivery = 50; delivery > 0; delivery--)
        put_attempt(fixture, 1, delivery);
    put_attempt(fixture, 2, 1);
    attempts_load(fixture->db, 1, fixture->arena, &attempts, &len);
    assert_int_equal(len, 50);
    for (int32_t i = 0; i < 50; i++) {
        struct attempt expected = attempt_from(i + 1);

        assert_same_attempt(&attempts[i], &expected);
    }
    attempts_load(fixture->db, 99, fixture->arena, &attempts, &len);
    assert_int_equal(len, 0);
}

static void at_most_2000_attempts_are_shown(void **state)
{
    struct store_fixture *fixture = *state;
    struct attempt *attempts = NULL;
    unsigned len = 0;

    db_begin(fixture->db);
    for (int32_t delivery = 1; delivery <= 2001; delivery++)
        put_attempt(fixture, 1, delivery);
    db_commit(fixture->db);
    for (unsigned twice = 0; twice < 2; twice++) {
        attempts_load(fixture->db, 1, fixture->arena, &attempts, &len);
        assert_int_equal(len, 2000);
    }
}

static void an_attempt_that_is_over_is_found_by_its_delivery(void **state)
{
    struct store_fixture *fixture = *state;
    struct attempt found;
    struct bytes nonce = BYTES_NONE;

    put_attempt(fixture, 1, 3);
    assert_true(attempt_find(fixture->db, 1, 3, fixture->arena, &nonce, &found));
    assert_text(nonce, "0123456789abcdef");
    assert_int_equal(found.delivery, 3);
    assert_int_equal(found.outcome, ATTEMPT_FAILED);
    assert_text(found.error, "{\"message\":\"m\"}");
    assert_false(attempt_find(fixture->db, 1, 4, fixture->arena, &nonce, &found));
    assert_false(attempt_find(fixture->db, 2, 3, fixture->arena, &nonce, &found));
}

static void log_lines_come_back_in_order_with_what_is_missing(void **state)
{
    struct store_fixture *fixture = *state;
    struct task_log in[] = {
        {.at_ms = 9, .level = BYTES("info"), .logger = BYTES("l"), .message = BYTES("a\0b")},
        {.at_ms = 8, .message = BYTES("")},
    };
    struct task_log *out = NULL;
    unsigned len = 0;

    logs_append(fixture->db, 1, in, 1);
    logs_append(fixture->db, 1, in + 1, 1);
    logs_append(fixture->db, 2, in, 2);
    logs_load(fixture->db, 1, fixture->arena, &out, &len);
    assert_int_equal(len, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(out[i].at_ms, in[i].at_ms);
        assert_true(bytes_equal(out[i].message, in[i].message));
        assert_int_equal(out[i].level.at == NULL, in[i].level.at == NULL);
    }
    assert_text(out[0].level, "info");
    assert_text(out[0].logger, "l");
}

static void append_numbered(struct store_fixture *fixture, int64_t from, unsigned len)
{
    struct task_log *lines = arena_alloc(fixture->arena, len * sizeof(*lines));

    for (unsigned i = 0; i < len; i++)
        lines[i] = (struct task_log){.at_ms = from + i, .message = BYTES("m")};
    logs_append(fixture->db, 1, lines, len);
}

static void the_last_1000_log_lines_are_kept(void **state)
{
    static const unsigned pieces[] = {999, 1, 1, 700, 0, 2500};
    struct store_fixture *fixture = *state;
    struct task_log *out = NULL;
    unsigned len = 0, total = 0;

    db_begin(fixture->db);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        append_numbered(fixture, (int64_t)total + 1, pieces[i]);
        total += pieces[i];
        logs_load(fixture->db, 1, fixture->arena, &out, &len);
        assert_int_equal(len, total < TASK_LOGS_MAX ? total : TASK_LOGS_MAX);
        assert_int_equal(out[len - 1].at_ms, total);
        assert_int_equal(out[0].at_ms, total - len + 1);
    }
    db_commit(fixture->db);
    assert_int_equal(db_failure(fixture->db), DB_FINE);
}

#define WITH_STORE(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_STORE(a_result_comes_back_byte_for_byte),
        WITH_STORE(the_rest_is_read_without_the_result),
        WITH_STORE(an_empty_result_is_not_the_same_as_none),
        WITH_STORE(each_part_is_written_without_touching_the_others),
        WITH_STORE(later_values_replace_earlier_ones),
        WITH_STORE(forgetting_the_end_keeps_what_the_next_attempt_needs),
        WITH_STORE(a_task_without_results_costs_no_look),
        WITH_STORE(an_error_can_be_read_alone),
        WITH_STORE(attempts_come_back_in_the_order_of_delivery),
        WITH_STORE(at_most_2000_attempts_are_shown),
        WITH_STORE(an_attempt_that_is_over_is_found_by_its_delivery),
        WITH_STORE(log_lines_come_back_in_order_with_what_is_missing),
        WITH_STORE(the_last_1000_log_lines_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
