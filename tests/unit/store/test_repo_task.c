/* Task repo: every column of a task goes in and comes out, and only what may change does. */
#include "store/repo_task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "death.h"
#include "raw_sql.h"
#include "store_fixture.h"

static void assert_bytes(struct bytes actual, struct bytes expected)
{
    assert_int_equal(actual.at == NULL, expected.at == NULL);
    assert_int_equal(actual.len, expected.len);
    if (expected.len > 0)
        assert_memory_equal(actual.at, expected.at, expected.len);
}

static void assert_same_counts(const struct task *one, const struct task *other)
{
    assert_int_equal(one->state, other->state);
    assert_int_equal(one->priority, other->priority);
    assert_int_equal(one->attempt, other->attempt);
    assert_int_equal(one->delivery, other->delivery);
    assert_int_equal(one->failures, other->failures);
    assert_int_equal(one->losses, other->losses);
    assert_int_equal(one->version, other->version);
    assert_int_equal(one->abandoned, other->abandoned);
    assert_int_equal(one->observed, other->observed);
    assert_int_equal(one->has_results, other->has_results);
    assert_int_equal(one->has_worker, other->has_worker);
    assert_true(id_equal(one->worker, other->worker));
}

static void assert_same_row(const struct task *one, const struct task *other)
{
    assert_int_equal(one->number, other->number);
    assert_true(id_equal(one->id, other->id));
    assert_true(id_equal(one->root, other->root));
    assert_int_equal(one->ns_number, other->ns_number);
    assert_int_equal(one->queue_number, other->queue_number);
    assert_int_equal(one->class_number, other->class_number);
    assert_int_equal(one->created_at_ms, other->created_at_ms);
    assert_int_equal(one->run_at_ms, other->run_at_ms);
    assert_int_equal(one->claimed_at_ms, other->claimed_at_ms);
    assert_int_equal(one->started_at_ms, other->started_at_ms);
    assert_int_equal(one->finished_at_ms, other->finished_at_ms);
    assert_int_equal(one->cancel_requested_at_ms, other->cancel_requested_at_ms);
    assert_int_equal(one->timeout_ms, other->timeout_ms);
    assert_int_equal(one->lease_ms, other->lease_ms);
    assert_int_equal(one->bytes, other->bytes);
    assert_int_equal(one->end_bytes, other->end_bytes);
    assert_int_equal(one->expires_at_ms, other->expires_at_ms);
    assert_int_equal(one->deadline_at_ms, other->deadline_at_ms);
    assert_int_equal(one->at_most_once, other->at_most_once);
    assert_same_counts(one, other);
}

static void a_new_task_comes_back_by_number_and_by_id(void **state)
{
    struct store_fixture *fixture = *state;
    struct task task = task_from(7), loaded;
    struct task_spec spec = {.queue = BYTES("q")};

    task.state = TASK_SCHEDULED;
    task.priority = -100;
    task.timeout_ms = 5000;
    task.lease_ms = 6000;
    task.bytes = 7000;
    task.expires_at_ms = 8000;
    task.deadline_at_ms = 9000;
    task.at_most_once = true;
    task_insert(fixture->db, &task, &spec, fixture->arena);
    assert_true(task_load_number(fixture->db, 7, &loaded));
    assert_same_row(&loaded, &task);
    assert_true(task_load(fixture->db, task.id, &loaded));
    assert_same_row(&loaded, &task);
    assert_false(task_load_number(fixture->db, 8, &loaded));
    assert_false(task_load(fixture->db, id_from(8), &loaded));
}

/* Each value is another one, so that no two columns can be mixed up. */
static struct task moved(struct task task)
{
    task.state = TASK_RUNNING;
    task.queue_number = 20;
    task.class_number = 30;
    task.priority = 40;
    task.run_at_ms = 50;
    task.version = 60;
    task.attempt = 70;
    task.delivery = 80;
    task.failures = 90;
    task.losses = 100;
    task.abandoned = task.has_results = true;
    task.cancel_requested_at_ms = 110;
    task.claimed_at_ms = 120;
    task.started_at_ms = 130;
    task.finished_at_ms = 140;
    task.bytes = 145;
    task.end_bytes = 146;
    task.has_worker = true;
    task.worker = id_from(150);
    return task;
}

static void a_move_writes_all_that_a_move_may_change(void **state)
{
    struct store_fixture *fixture = *state;
    struct task task = moved(task_put(fixture, 1)), loaded;

    task_put(fixture, 2);
    task_save_move(fixture->db, &task, TASK_READY);
    loaded = task_get(fixture, 1);
    assert_same_row(&loaded, &task);
    task.has_worker = false;
    task.worker = (struct id){.at = {0}};
    task.observed = true;
    task.state = TASK_READY;
    task_save_move(fixture->db, &task, TASK_RUNNING);
    loaded = task_get(fixture, 1);
    assert_same_row(&loaded, &task);
    assert_int_equal(task_get(fixture, 2).version, 1);
}

static void move_from_a_state_that_it_is_not_in(void)
{
    void *state = NULL;

    (void)store_fixture_setup(&state);

    struct store_fixture *fixture = state;
    struct task task = task_put(fixture, 1);

    scratch_remove(&fixture->scratch);
    task.state = TASK_SUCCEEDED;
    task_save_move(fixture->db, &task, TASK_RUNNING);
}

static void a_move_that_finds_another_state_stops_the_program(void **state)
{
    (void)state;
    assert_true(dies(move_from_a_state_that_it_is_not_in));
}

static int64_t ends_at(struct store_fixture *fixture)
{
    return raw_number(scratch_path(&fixture->scratch, "data/sluice.db"),
                      "SELECT coalesce((SELECT ends_at FROM endings WHERE task = 1), -1)");
}

static void the_times_that_end_a_task_are_written_apart(void **state)
{
    struct store_fixture *fixture = *state;
    struct task task = task_put(fixture, 1), loaded;

    assert_int_equal(ends_at(fixture), -1);
    task.expires_at_ms = 10;
    task.deadline_at_ms = 20;
    task_save_ending(fixture->db, &task);
    loaded = task_get(fixture, 1);
    assert_same_row(&loaded, &task);
    assert_int_equal(ends_at(fixture), 10);

    task = moved(task);
    task_save_move(fixture->db, &task, TASK_READY);
    task_save_ending(fixture->db, &task);
    loaded = task_get(fixture, 1);
    assert_same_row(&loaded, &task);
    assert_int_equal(ends_at(fixture), -1);
}

static void a_touch_leaves_what_the_indexes_read(void **state)
{
    struct store_fixture *fixture = *state;
    struct task before = task_put(fixture, 1), task = moved(before), expected = before, loaded;

    task_save_touch(fixture->db, &task);
    expected.version = 60;
    expected.abandoned = expected.has_results = true;
    expected.cancel_requested_at_ms = 110;
    expected.started_at_ms = 130;
    loaded = task_get(fixture, 1);
    assert_same_row(&loaded, &expected);
}

static struct task_spec full_spec(void)
{
    static const char payload[] = "{\"a\": \0\xff\n 1}";

    return (struct task_spec){
        .queue = BYTES("q"),
        .payload = {.data = {payload, sizeof(payload) - 1}, .content_type = BYTES("text/plain")},
        .headers = BYTES("{\"h\":[1]}"),
        .tags = BYTES("red\nblue sky\n"),
        .name = BYTES("n\xc3\xa4me"),
        .traceparent = BYTES("00-aa-bb-01"),
        .retry = {.given = RETRY_HAS_MAX_ATTEMPTS, .max_attempts = 9, .max_delay_ms = -1},
    };
}

static void assert_full(const struct task *task, const struct task_spec *spec)
{
    assert_bytes(task->payload.content_type, spec->payload.content_type);
    assert_bytes(task->headers, spec->headers);
    assert_bytes(task->tags, spec->tags);
    assert_bytes(task->name, spec->name);
    assert_bytes(task->traceparent, spec->traceparent);
    assert_int_equal(task->retry.given, spec->retry.given);
    assert_int_equal(task->retry.max_attempts, spec->retry.max_attempts);
}

static void a_body_comes_back_byte_for_byte(void **state)
{
    struct store_fixture *fixture = *state;
    struct task task = task_from(1), bare = task_from(1);
    struct task_spec spec = full_spec();

    task_insert(fixture->db, &task, &spec, fixture->arena);
    body_load(fixture->db, &task, true, fixture->arena);
    assert_full(&task, &spec);
    assert_bytes(task.payload.data, spec.payload.data);
    body_load(fixture->db, &bare, false, fixture->arena);
    assert_full(&bare, &spec);
    assert_null(bare.payload.data.at);
}

static void what_was_not_said_stays_unsaid_and_empty_stays_empty(void **state)
{
    struct store_fixture *fixture = *state;
    struct task none = task_put(fixture, 1), empty = task_from(2);
    struct task_spec spec = {.payload = {.data = BYTES("")}, .name = BYTES("")};

    body_load(fixture->db, &none, true, fixture->arena);
    assert_null(none.payload.data.at);
    assert_null(none.payload.content_type.at);
    assert_null(none.headers.at);
    assert_null(none.tags.at);
    assert_null(none.name.at);
    assert_null(none.traceparent.at);
    assert_int_equal(none.retry.given, 0);
    task_insert(fixture->db, &empty, &spec, fixture->arena);
    body_load(fixture->db, &empty, true, fixture->arena);
    assert_bytes(empty.payload.data, BYTES(""));
    assert_bytes(empty.name, BYTES(""));
}

static void a_body_that_is_not_there_changes_nothing(void **state)
{
    struct store_fixture *fixture = *state;
    struct task task = {.number = 99, .name = BYTES("mine")};
    struct bytes name = BYTES("mine");

    body_load(fixture->db, &task, true, fixture->arena);
    body_load_retry(fixture->db, &task, fixture->arena);
    assert_false(body_name(fixture->db, 99, fixture->arena, &name));
    assert_bytes(task.name, BYTES("mine"));
    assert_bytes(name, BYTES("mine"));
}

static void parts_of_a_body_can_be_loaded_alone(void **state)
{
    struct store_fixture *fixture = *state;
    struct task task = task_from(1), other = task_put(fixture, 2);
    struct task_spec spec = full_spec();
    struct bytes name = BYTES_NONE;

    task_insert(fixture->db, &task, &spec, fixture->arena);
    body_load_retry(fixture->db, &task, fixture->arena);
    assert_int_equal(task.retry.max_attempts, 9);
    assert_true(body_name(fixture->db, 1, fixture->arena, &name));
    assert_bytes(name, spec.name);
    assert_false(body_name(fixture->db, other.number, fixture->arena, &name));
}

static void tags_find_their_tasks_in_their_namespace_only(void **state)
{
    struct store_fixture *fixture = *state;
    struct task task = task_from(1);
    struct task_spec spec = full_spec();

    spec.tags = BYTES("red\nred\nblue sky\n");
    task_insert(fixture->db, &task, &spec, fixture->arena);
    assert_true(task_has_tag(fixture->db, 1, BYTES("red"), 1));
    assert_true(task_has_tag(fixture->db, 1, BYTES("blue sky"), 1));
    assert_false(task_has_tag(fixture->db, 1, BYTES("blue"), 1));
    assert_false(task_has_tag(fixture->db, 2, BYTES("red"), 1));
    assert_false(task_has_tag(fixture->db, 1, BYTES("red"), 2));
    assert_int_equal(db_failure(fixture->db), DB_FINE);
}

static void a_label_replaces_name_and_tags(void **state)
{
    struct store_fixture *fixture = *state;
    struct task task = task_from(1), loaded = task_from(1);
    struct task_spec spec = full_spec();

    task_insert(fixture->db, &task, &spec, fixture->arena);
    task.name = BYTES("new");
    task.tags = BYTES("red\ngreen\n");
    body_save_label(fixture->db, &task, spec.tags);
    body_load(fixture->db, &loaded, true, fixture->arena);
    assert_bytes(loaded.name, task.name);
    assert_bytes(loaded.tags, task.tags);
    assert_bytes(loaded.payload.data, spec.payload.data);
    assert_true(task_has_tag(fixture->db, 1, BYTES("red"), 1));
    assert_true(task_has_tag(fixture->db, 1, BYTES("green"), 1));
    assert_false(task_has_tag(fixture->db, 1, BYTES("blue sky"), 1));
}

static void a_copy_has_the_body_and_the_tags_of_the_first(void **state)
{
    struct store_fixture *fixture = *state;
    struct task task = task_from(1), copy = task_from(2);
    struct task_spec spec = full_spec();

    task_insert(fixture->db, &task, &spec, fixture->arena);
    copy.tags = spec.tags;
    task_insert_copy(fixture->db, &copy, 1, fixture->arena);
    copy.tags = BYTES_NONE;
    body_load(fixture->db, &copy, true, fixture->arena);
    assert_full(&copy, &spec);
    assert_bytes(copy.payload.data, spec.payload.data);
    assert_true(task_has_tag(fixture->db, 1, BYTES("red"), 2));
}

/* Everything that can hang on a task. */
static struct task put_laden(struct store_fixture *fixture, int64_t number)
{
    struct task task = task_from(number);
    struct task_spec spec = full_spec();
    struct attempt attempt = {.attempt = 1, .delivery = 1, .outcome = ATTEMPT_FAILED};
    struct attempt_end end = {.task = number, .attempt = &attempt, .nonce = BYTES("nonce")};
    struct task_log line = {.at_ms = 1, .message = BYTES("m")};

    task_insert(fixture->db, &task, &spec, fixture->arena);
    result_save_progress(fixture->db, number, BYTES("{}"));
    attempt_insert(fixture->db, &end);
    logs_append(fixture->db, number, &line, 1);
    task.tags = spec.tags;
    return task;
}

static void a_deleted_task_leaves_nothing_of_its_own(void **state)
{
    static const char *const tables[] = {"tasks",    "bodies",    "results",
                                         "attempts", "task_logs", "task_tags"};
    struct store_fixture *fixture = *state;
    struct task task = put_laden(fixture, 1);

    put_laden(fixture, 2);
    task_delete(fixture->db, &task);
    assert_int_equal(db_failure(fixture->db), DB_FINE);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        const char *column = i == 0 ? "number" : "task";
        const char *path = scratch_path(&fixture->scratch, "data/sluice.db");
        struct bytes of_first =
            arena_printf(fixture->arena, "SELECT count(*) FROM %s WHERE %s = 1", tables[i], column);
        struct bytes of_second =
            arena_printf(fixture->arena, "SELECT count(*) FROM %s WHERE %s = 2", tables[i], column);

        assert_int_equal(raw_number(path, of_first.at), 0);
        assert_true(raw_number(path, of_second.at) > 0);
    }
}

static void the_last_number_is_never_given_again(void **state)
{
    struct store_fixture *fixture = *state;
    struct task tasks[4];

    assert_int_equal(task_last_number(fixture->db), 0);
    for (int64_t i = 1; i <= 3; i++)
        tasks[i] = task_put(fixture, i);
    task_delete(fixture->db, &tasks[3]);
    assert_int_equal(task_last_number(fixture->db), 3);
    task_delete(fixture->db, &tasks[1]);
    task_delete(fixture->db, &tasks[2]);
    store_fixture_reopen(fixture);
    assert_int_equal(task_last_number(fixture->db), 3);
    task_put(fixture, 4);
    assert_int_equal(task_last_number(fixture->db), 4);
}

static void lists_walk_in_both_directions(void **state)
{
    static const enum sql walks[] = {SQL_LIST_FORWARD, SQL_LIST_BACKWARD};
    struct store_fixture *fixture = *state;
    struct task task;

    for (int64_t i = 1; i <= 9; i++)
        task_put(fixture, i);
    for (int64_t way = 0; way < 2; way++) {
        struct db_rows *rows =
            db_query(fixture->db, walks[way], VALUES(VALUE_INT(5), VALUE_INT(3)));

        for (int64_t i = 1; i <= 3; i++) {
            assert_true(db_step(rows));
            task_read_row(rows, &task);
            assert_int_equal(task.number, way == 0 ? 5 + i : 5 - i);
            assert_int_equal(task.created_at_ms, 1000 + task.number);
        }
        assert_false(db_step(rows));
    }
}

static void lists_of_bad_ends_show_one_state(void **state)
{
    static const enum sql walks[] = {SQL_LIST_BAD_FORWARD, SQL_LIST_BAD_BACKWARD};
    struct store_fixture *fixture = *state;
    struct task task;

    for (int64_t i = 1; i <= 9; i++) {
        task = task_put(fixture, i);
        task.state = i % 2 == 0 ? TASK_FAILED : TASK_CANCELLED;
        task_save_move(fixture->db, &task, TASK_READY);
    }
    for (int64_t way = 0; way < 2; way++) {
        struct db_rows *rows =
            db_query(fixture->db, walks[way],
                     VALUES(VALUE_INT(5), VALUE_INT(1), VALUE_INT(1), VALUE_INT(TASK_FAILED)));

        assert_true(db_step(rows));
        task_read_row(rows, &task);
        assert_int_equal(task.number, way == 0 ? 6 : 4);
        assert_int_equal(task.state, TASK_FAILED);
        assert_false(db_step(rows));
    }
}

#define WITH_STORE(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_STORE(a_new_task_comes_back_by_number_and_by_id),
        WITH_STORE(a_move_writes_all_that_a_move_may_change),
        cmocka_unit_test(a_move_that_finds_another_state_stops_the_program),
        WITH_STORE(the_times_that_end_a_task_are_written_apart),
        WITH_STORE(a_touch_leaves_what_the_indexes_read),
        WITH_STORE(a_body_comes_back_byte_for_byte),
        WITH_STORE(what_was_not_said_stays_unsaid_and_empty_stays_empty),
        WITH_STORE(a_body_that_is_not_there_changes_nothing),
        WITH_STORE(parts_of_a_body_can_be_loaded_alone),
        WITH_STORE(tags_find_their_tasks_in_their_namespace_only),
        WITH_STORE(a_label_replaces_name_and_tags),
        WITH_STORE(a_copy_has_the_body_and_the_tags_of_the_first),
        WITH_STORE(a_deleted_task_leaves_nothing_of_its_own),
        WITH_STORE(the_last_number_is_never_given_again),
        WITH_STORE(lists_walk_in_both_directions),
        WITH_STORE(lists_of_bad_ends_show_one_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
