/* Hot schedule: schedules in memory, by namespace and name, each in a heap by when it fires next;
 * and the time zones that they share. The templates of their tasks stay in the store. */
#pragma once

#include "base/heap.h"
#include "base/map.h"
#include "domain/cron.h"
#include "domain/zone.h"
#include "store/repo_schedule.h"

struct hot;
struct hot_ns;

/* A zone that schedules use; freed with the last of them. */
struct hot_zone {
    struct bytes name;
    struct zone *zone;
    unsigned uses;
};

struct hot_schedule {
    struct hot_ns *ns;
    int64_t number, version, created_at_ms;
    struct bytes name, created_by;
    struct schedule_settings settings;
    struct schedule_state state;
    struct cron cron;
    struct hot_zone *zone; /* NULL: this machine does not know it any more; then nothing fires */
    struct heap_node due;  /* wall */
};

struct hot_schedules {
    struct map *zones; /* by name */
    struct heap due;   /* wall */
    int64_t last;      /* number */
    int64_t len;
};

void hot_schedules_init(struct hot_schedules *schedules);
/* Before the namespaces. */
void hot_schedules_fini(struct hot *hot);

/* One use more of the zone, read from folder (NULL: the system's) if nobody has it. An unknown one
 * is refused at where. */
MUST_CHECK enum err hot_zone_take(struct hot_schedules *schedules, const char *folder,
                                  struct bytes name, const char *where, struct hot_zone **ret_zone,
                                  struct error *error);
void hot_zone_drop(struct hot_schedules *schedules, struct hot_zone *zone); /* NULL is fine */

/* NULL: there is none. */
struct hot_schedule *hot_schedule(const struct hot_ns *ns, struct bytes name);
/* Strings are copied; zone, or NULL, is the schedule's from now on. */
struct hot_schedule *hot_add_schedule(struct hot *hot, struct hot_ns *ns,
                                      const struct schedule_row *row, const struct cron *cron,
                                      struct hot_zone *zone);
/* All but its name. */
void hot_set_schedule(struct hot *hot, struct hot_schedule *schedule,
                      const struct schedule_row *row, const struct cron *cron,
                      struct hot_zone *zone);
void hot_set_schedule_state(struct hot *hot, struct hot_schedule *schedule,
                            const struct schedule_state *state);
void hot_drop_schedule(struct hot *hot, struct hot_schedule *schedule);
/* When its next slot fires, wall; -1: it does not. */
int64_t hot_schedule_next_ms(const struct hot_schedule *schedule);
/* Put its timer where that says. */
void hot_time_schedule(struct hot *hot, struct hot_schedule *schedule);
