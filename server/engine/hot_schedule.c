/* Hot schedule: strings, zones and timers of schedules. */
#include "hot_schedule.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/zone_file.h"
#include "hot.h"

void hot_schedules_init(struct hot_schedules *schedules)
{
    *schedules = (struct hot_schedules){.zones = map_new()};
    heap_init(&schedules->due);
}

void hot_schedules_fini(struct hot *hot)
{
    struct hot_ns *ns;
    struct hot_schedule *schedule;

    heap_fini(&hot->schedules.due);
    heap_init(&hot->schedules.due);
    for (size_t at = 0; (ns = map_each(hot->namespaces, &at)) != NULL;)
        for (size_t in = 0; (schedule = map_each(ns->schedules, &in)) != NULL;) {
            schedule->due.place = 0;
            hot_drop_schedule(hot, schedule);
        }
    map_free(hot->schedules.zones);
    heap_fini(&hot->schedules.due);
}

/* ---- zones ---- */

static enum err read_zone(const char *folder, struct bytes name, const char *where,
                          struct zone **ret_zone, struct error *error)
{
    struct bytes file;
    enum err code;

    if (bytes_is(name, "UTC")) {
        *ret_zone = zone_new_utc();
        return OK;
    }
    code = zone_file_read(folder != NULL ? folder : ZONE_FOLDER, name, where, &file, error);
    if (code != OK)
        return code;
    code = zone_new(file, where, ret_zone, error);
    bytes_drop(file);
    return code;
}

enum err hot_zone_take(struct hot_schedules *schedules, const char *folder, struct bytes name,
                       const char *where, struct hot_zone **ret_zone, struct error *error)
{
    struct hot_zone *zone = map_get(schedules->zones, name);
    struct zone *read = NULL;

    if (zone == NULL) {
        enum err code = read_zone(folder, name, where, &read, error);

        if (code != OK)
            return code;
        zone = mem_alloc(sizeof(*zone));
        *zone = (struct hot_zone){.name = bytes_keep(name), .zone = read};
        (void)map_put(schedules->zones, zone->name, zone);
    }
    zone->uses++;
    *ret_zone = zone;
    return OK;
}

void hot_zone_drop(struct hot_schedules *schedules, struct hot_zone *zone)
{
    if (zone == NULL || --zone->uses > 0)
        return;
    (void)map_remove(schedules->zones, zone->name);
    zone_free(zone->zone);
    bytes_drop(zone->name);
    free(zone);
}

/* ---- schedules ---- */

struct hot_schedule *hot_schedule(const struct hot_ns *ns, struct bytes name)
{
    return ns == NULL ? NULL : map_get(ns->schedules, name);
}

int64_t hot_schedule_next_ms(const struct hot_schedule *schedule)
{
    if (schedule->settings.paused || schedule->zone == NULL || schedule->state.next_slot_ms < 0)
        return -1;
    return schedule_moment_ms(schedule->ns->name, schedule->name, schedule->state.next_slot_ms,
                              schedule->settings.jitter_ms);
}

void hot_time_schedule(struct hot *hot, struct hot_schedule *schedule)
{
    int64_t next_ms = hot_schedule_next_ms(schedule);

    if (next_ms < 0)
        heap_remove(&hot->schedules.due, &schedule->due);
    else
        heap_set(&hot->schedules.due, &schedule->due, next_ms);
}

static void drop_strings(struct hot_schedule *schedule)
{
    bytes_drop(schedule->created_by);
    bytes_drop(schedule->settings.cron);
    bytes_drop(schedule->settings.timezone);
    bytes_drop(schedule->settings.queue);
    bytes_drop(schedule->state.error);
}

void hot_set_schedule(struct hot *hot, struct hot_schedule *schedule,
                      const struct schedule_row *row, const struct cron *cron,
                      struct hot_zone *zone)
{
    struct hot_schedule before = *schedule;

    schedule->version = row->version;
    schedule->created_by = bytes_keep(row->created_by);
    schedule->settings = row->settings;
    schedule->settings.cron = bytes_keep(row->settings.cron);
    schedule->settings.timezone = bytes_keep(row->settings.timezone);
    schedule->settings.queue = bytes_keep(row->settings.queue);
    schedule->state = row->state;
    schedule->state.error = bytes_keep(row->state.error);
    schedule->cron = *cron;
    schedule->zone = zone;
    drop_strings(&before);
    hot_zone_drop(&hot->schedules, before.zone);
    hot_time_schedule(hot, schedule);
}

struct hot_schedule *hot_add_schedule(struct hot *hot, struct hot_ns *ns,
                                      const struct schedule_row *row, const struct cron *cron,
                                      struct hot_zone *zone)
{
    struct hot_schedule *schedule = mem_alloc(sizeof(*schedule));

    schedule->ns = ns;
    schedule->number = row->number;
    schedule->created_at_ms = row->created_at_ms;
    schedule->name = bytes_keep(row->name);
    hot_set_schedule(hot, schedule, row, cron, zone);
    (void)map_put(ns->schedules, schedule->name, schedule);
    hot->schedules.len++;
    if (row->number > hot->schedules.last)
        hot->schedules.last = row->number;
    return schedule;
}

void hot_set_schedule_state(struct hot *hot, struct hot_schedule *schedule,
                            const struct schedule_state *state)
{
    struct bytes before = schedule->state.error;

    schedule->state = *state;
    schedule->state.error = bytes_keep(state->error);
    bytes_drop(before);
    hot_time_schedule(hot, schedule);
}

void hot_drop_schedule(struct hot *hot, struct hot_schedule *schedule)
{
    heap_remove(&hot->schedules.due, &schedule->due);
    (void)map_remove(schedule->ns->schedules, schedule->name);
    hot->schedules.len--;
    hot_zone_drop(&hot->schedules, schedule->zone);
    drop_strings(schedule);
    bytes_drop(schedule->name);
    free(schedule);
}
