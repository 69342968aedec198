/* Tests of schedules in memory: names, timers, zones that are shared. */
#include "hot_schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "hot.h"

struct fixture {
    struct hot hot;
    struct hot_ns *ns;
};

static int setup(void **state)
{
    static struct fixture fixture;

    hot_init(&fixture.hot);
    fixture.ns = hot_ns(&fixture.hot, BYTES("default"), true);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    hot_fini(&((struct fixture *)*state)->hot);
    return 0;
}

static struct hot_zone *take(struct fixture *fixture, const char *name)
{
    struct hot_zone *zone = NULL;
    struct error error;

    assert_int_equal(
        hot_zone_take(&fixture->hot.schedules, NULL, bytes_of(name), "/timezone", &zone, &error),
        OK);
    return zone;
}

static struct hot_schedule *add(struct fixture *fixture, const char *name, int64_t slot_ms,
                                struct hot_zone *zone)
{
    struct schedule_row row = {
        .number = fixture->hot.schedules.last + 1,
        .name = bytes_of(name),
        .created_by = BYTES("anonymous"),
        .settings = {.cron = BYTES("@daily"), .timezone = BYTES("UTC"), .queue = BYTES("q")},
        .state = schedule_state_new(slot_ms),
    };
    struct cron cron = {.minutes = 1};

    return hot_add_schedule(&fixture->hot, fixture->ns, &row, &cron, zone);
}

static void they_are_found_by_name_until_they_are_dropped(void **state)
{
    struct fixture *fixture = *state;
    struct hot_schedule *schedule = add(fixture, "a", 100, take(fixture, "UTC"));

    assert_ptr_equal(hot_schedule(fixture->ns, BYTES("a")), schedule);
    assert_null(hot_schedule(fixture->ns, BYTES("b")));
    assert_null(hot_schedule(NULL, BYTES("a")));
    assert_int_equal(fixture->hot.schedules.len, 1);
    hot_drop_schedule(&fixture->hot, schedule);
    assert_null(hot_schedule(fixture->ns, BYTES("a")));
    assert_int_equal(fixture->hot.schedules.len, 0);
    assert_null(heap_first(&fixture->hot.schedules.due));
}

static void the_earliest_is_first(void **state)
{
    struct fixture *fixture = *state;
    struct hot_schedule *late = add(fixture, "late", 200, take(fixture, "UTC"));
    struct hot_schedule *early = add(fixture, "early", 100, take(fixture, "UTC"));
    struct schedule_state after = schedule_state_new(300);

    assert_ptr_equal(heap_first(&fixture->hot.schedules.due), &early->due);
    hot_set_schedule_state(&fixture->hot, early, &after);
    assert_ptr_equal(heap_first(&fixture->hot.schedules.due), &late->due);
    after.next_slot_ms = -1;
    hot_set_schedule_state(&fixture->hot, late, &after);
    assert_ptr_equal(heap_first(&fixture->hot.schedules.due), &early->due);
}

static void without_a_zone_it_has_no_timer(void **state)
{
    struct fixture *fixture = *state;
    struct hot_schedule *schedule = add(fixture, "a", 100, NULL);

    assert_null(heap_first(&fixture->hot.schedules.due));
    assert_int_equal(hot_schedule_next_ms(schedule), -1);
}

static void zones_are_read_once(void **state)
{
    struct fixture *fixture = *state;
    struct hot_zone *berlin = take(fixture, "Europe/Berlin");

    assert_ptr_equal(take(fixture, "Europe/Berlin"), berlin);
    assert_int_equal(berlin->uses, 2);
    hot_zone_drop(&fixture->hot.schedules, berlin);
    assert_int_equal(map_len(fixture->hot.schedules.zones), 1);
    hot_zone_drop(&fixture->hot.schedules, berlin);
    hot_zone_drop(&fixture->hot.schedules, NULL);
    assert_int_equal(map_len(fixture->hot.schedules.zones), 0);
}

static void unknown_zones_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct hot_zone *zone = NULL;
    struct error error;

    assert_int_equal(
        hot_zone_take(&fixture->hot.schedules, NULL, BYTES("Mars/X"), "/timezone", &zone, &error),
        ERR_INVALID_FIELD);
    assert_string_equal(error.where, "/timezone");
    assert_int_equal(hot_zone_take(&fixture->hot.schedules, "/nowhere", BYTES("Europe/Berlin"),
                                   "/timezone", &zone, &error),
                     ERR_INVALID_FIELD);
    assert_null(zone);
    assert_int_equal(map_len(fixture->hot.schedules.zones), 0);
}

#define FIXED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXED(they_are_found_by_name_until_they_are_dropped),
        FIXED(the_earliest_is_first),
        FIXED(without_a_zone_it_has_no_timer),
        FIXED(zones_are_read_once),
        FIXED(unknown_zones_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
