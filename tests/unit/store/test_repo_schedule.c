/* Tests of the schedule repo: all of a row comes back, its state is written alone, its template
 * apart. */
#include "store/repo_schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store_fixture.h"

static struct schedule_row usual(void)
{
    return (struct schedule_row){
        .number = 4,
        .ns = 2,
        .version = 3,
        .created_at_ms = 100,
        .name = BYTES("daily"),
        .created_by = BYTES("aaaabbbb"),
        .settings = {.cron = BYTES("0 12 * * *"),
                     .timezone = BYTES("Europe/Berlin"),
                     .queue = BYTES("q"),
                     .overlap = OVERLAP_CANCEL_OTHER,
                     .missed = MISSED_ALL,
                     .jitter_ms = 5000,
                     .paused = true},
        .state = {.next_slot_ms = 900,
                  .last_slot_ms = 800,
                  .made_up = 7,
                  .last = {11, id_from(11)},
                  .other = {10, id_from(10)},
                  .fired = 5,
                  .skipped = 6,
                  .error = BYTES("why")},
    };
}

static void is_same(const struct schedule_row *row, const struct schedule_row *other)
{
    const struct schedule_settings *settings = &row->settings, *wanted = &other->settings;
    const struct schedule_state *state = &row->state, *meant = &other->state;

    assert_int_equal(row->number, other->number);
    assert_int_equal(row->ns, other->ns);
    assert_int_equal(row->version, other->version);
    assert_int_equal(row->created_at_ms, other->created_at_ms);
    assert_true(bytes_equal(row->name, other->name));
    assert_true(bytes_equal(row->created_by, other->created_by));
    assert_true(bytes_equal(settings->cron, wanted->cron));
    assert_true(bytes_equal(settings->timezone, wanted->timezone));
    assert_true(bytes_equal(settings->queue, wanted->queue));
    assert_int_equal(settings->overlap, wanted->overlap);
    assert_int_equal(settings->missed, wanted->missed);
    assert_int_equal(settings->jitter_ms, wanted->jitter_ms);
    assert_int_equal(settings->paused, wanted->paused);
    assert_int_equal(state->next_slot_ms, meant->next_slot_ms);
    assert_int_equal(state->last_slot_ms, meant->last_slot_ms);
    assert_int_equal(state->made_up, meant->made_up);
    assert_int_equal(state->last.number, meant->last.number);
    assert_true(id_equal(state->last.id, meant->last.id));
    assert_int_equal(state->other.number, meant->other.number);
    assert_true(id_equal(state->other.id, meant->other.id));
    assert_int_equal(state->fired, meant->fired);
    assert_int_equal(state->skipped, meant->skipped);
    assert_true(bytes_equal(state->error, meant->error));
}

struct seen {
    const struct schedule_row *wanted; /* NULL: none is */
    unsigned len;
};

static void see(void *ctx, const struct schedule_row *row)
{
    struct seen *seen = ctx;

    seen->len++;
    assert_non_null(seen->wanted);
    is_same(row, seen->wanted);
}

static void there_is(struct store_fixture *fixture, const struct schedule_row *wanted)
{
    struct seen seen = {.wanted = wanted};

    schedule_each(fixture->db, see, &seen);
    assert_int_equal(seen.len, wanted != NULL ? 1 : 0);
}

static void all_of_a_row_comes_back(void **state)
{
    struct store_fixture *fixture = *state;
    struct schedule_row row = usual();

    schedule_save(fixture->db, &row, BYTES("{\"queue\" : \"q\"}"));
    there_is(fixture, &row);
    assert_true(
        bytes_is(schedule_load_task(fixture->db, 4, fixture->arena), "{\"queue\" : \"q\"}"));
    assert_null(schedule_load_task(fixture->db, 5, fixture->arena).at);
}

static void it_is_changed_and_deleted(void **state)
{
    struct store_fixture *fixture = *state;
    struct schedule_row row = usual();

    schedule_save(fixture->db, &row, BYTES("{}"));
    row.version = 4;
    row.created_by = BYTES("other");
    row.settings = (struct schedule_settings){
        .cron = BYTES("@daily"), .timezone = BYTES("UTC"), .queue = BYTES("p")};
    row.state = schedule_state_new(-1);
    schedule_save(fixture->db, &row, BYTES("{\"a\":1}"));
    there_is(fixture, &row);
    assert_true(bytes_is(schedule_load_task(fixture->db, 4, fixture->arena), "{\"a\":1}"));
    schedule_delete(fixture->db, 4);
    there_is(fixture, NULL);
}

static void its_state_is_written_alone(void **state)
{
    struct store_fixture *fixture = *state;
    struct schedule_row row = usual();

    schedule_save(fixture->db, &row, BYTES("{}"));
    row.state = (struct schedule_state){.next_slot_ms = 1,
                                        .last_slot_ms = 2,
                                        .made_up = 3,
                                        .last = {4, id_from(4)},
                                        .other = {5, id_from(5)},
                                        .fired = 6,
                                        .skipped = 7};
    schedule_save_state(fixture->db, 4, &row.state);
    there_is(fixture, &row);
}

#define STORED(test)                                                                               \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORED(all_of_a_row_comes_back),
        STORED(it_is_changed_and_deleted),
        STORED(its_state_is_written_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
