/* Schedule repo: schedules, each with the first slot that has not been dealt with. Strings given to
 * callbacks are valid during the call only. */
#pragma once

#include "domain/schedule.h"
#include "store/db.h"

struct schedule_row {
    int64_t number, ns, version, created_at_ms;
    struct bytes name;
    struct bytes created_by; /* the token's id; its tasks are that one's */
    struct schedule_settings settings;
    struct schedule_state state;
};

/* Make it, or change all of it but its name; task: the template of its tasks. */
void schedule_save(struct db *db, const struct schedule_row *row, struct bytes task);
/* Write its state alone. */
void schedule_save_state(struct db *db, int64_t number, const struct schedule_state *state);
/* The template of its tasks; NONE: there is no such schedule. */
struct bytes schedule_load_task(struct db *db, int64_t number, struct arena *arena);
void schedule_each(struct db *db, void (*each)(void *ctx, const struct schedule_row *row),
                   void *ctx);
void schedule_delete(struct db *db, int64_t number);
