/* Schedule due: slots in their order, missed ones by the schedule's own rule. */
#include "schedule_due.h"

#include "base/log.h"
#include "firing.h"

/* Of one batch, and of one schedule in it. */
enum { LOOKS_MAX = 250, TASKS_MAX = 100, STEPS_MAX = 5000, ROWS_MAX = 2000 };

/* ---- at start ---- */

int64_t schedule_first_slot_ms(const struct cron *cron, const struct zone *zone,
                               int64_t last_slot_ms, int64_t now_ms)
{
    int64_t after_ms = last_slot_ms > now_ms ? last_slot_ms : now_ms;
    int64_t slot_ms = -1;

    return cron_next(cron, zone, after_ms + 1, &slot_ms) ? slot_ms : -1;
}

/* The zone's rules may be other ones than when the slot was reckoned. One that has passed stays: it
 * was missed. */
static void reckon_again(struct schedule_row *row, const struct cron *cron, const struct zone *zone,
                         int64_t now_ms)
{
    if (!row->settings.paused && row->state.next_slot_ms > now_ms)
        row->state.next_slot_ms =
            schedule_first_slot_ms(cron, zone, row->state.last_slot_ms, now_ms);
}

void schedule_load(struct engine *engine, const struct schedule_row *stored)
{
    struct hot *hot = &engine->hot;
    struct hot_ns *ns = hot_ns_numbered(hot, stored->ns);
    struct schedule_row row = *stored;
    struct hot_zone *zone = NULL;
    struct cron cron = {.minutes = 0};
    struct error error = {.code = OK};

    if (ns == NULL)
        return;
    if (cron_parse(row.settings.cron, "", &cron, &error) == OK &&
        hot_zone_take(&hot->schedules, engine->options.zone_folder, row.settings.timezone, "",
                      &zone, &error) == OK) {
        reckon_again(&row, &cron, zone->zone, engine->started.wall_ms);
    } else {
        log_event(LOG_WARN, "schedule.stopped", "a schedule does not fire",
                  LOG_TEXT_FIELD("namespace", ns->name), LOG_TEXT_FIELD("schedule", row.name),
                  LOG_TEXT_FIELD("error", bytes_of(error.detail)), );
        row.state.error = bytes_of(error.detail);
    }
    (void)hot_add_schedule(hot, ns, &row, &cron, zone);
}

/* ---- slots ---- */

static void count(const struct engine *engine, const struct hot_ns *ns, enum metric metric,
                  int64_t slots)
{
    if (slots > 0)
        metrics_add(engine->options.metrics, metric, &ns->name, slots);
}

struct moved {
    struct hot *hot;
    struct schedule_state state;
};

static void set_state(struct engine *engine, struct effect *effect)
{
    const struct moved *moved = effect->data;
    struct hot_schedule *schedule = effect->object;

    count(engine, schedule->ns, METRIC_SCHEDULE_FIRED, moved->state.fired - schedule->state.fired);
    count(engine, schedule->ns, METRIC_SCHEDULE_SKIPPED,
          moved->state.skipped - schedule->state.skipped);
    hot_set_schedule_state(&engine->hot, schedule, &moved->state);
}

static void time_again(struct effect *effect)
{
    const struct moved *moved = effect->data;

    hot_time_schedule(moved->hot, effect->object);
}

static void deal_with(struct firing *firing, int64_t now_ms)
{
    const struct schedule_settings *settings = &firing->schedule->settings;
    struct schedule_state *state = &firing->state;
    int64_t slot_ms = state->next_slot_ms;
    int64_t fired = state->fired;

    firing->error = (struct error){.code = OK};
    if (!schedule_is_missed(slot_ms, settings->jitter_ms, now_ms)) {
        state->made_up = 0;
        firing_slot(firing, slot_ms);
    } else if (schedule_makes_up(settings->missed, state->made_up)) {
        firing_slot(firing, slot_ms);
        state->made_up += state->fired - fired;
    } else {
        (void)error_set(&firing->error, ERR_STATE_CONFLICT, "", "the slot was missed");
        firing_skip(firing, slot_ms);
    }
}

/* Whether the schedule has a slot whose moment has come. */
static bool has_slot(const struct firing *firing, int64_t now_ms)
{
    const struct hot_schedule *schedule = firing->schedule;
    int64_t slot_ms = firing->state.next_slot_ms;

    return slot_ms >= 0 && schedule_moment_ms(schedule->ns->name, schedule->name, slot_ms,
                                              schedule->settings.jitter_ms) <= now_ms;
}

static void save(struct batch *batch, struct hot_schedule *schedule, const struct firing *firing)
{
    struct effect *effect = batch_effect(batch, set_state);
    struct moved moved = {.hot = batch->hot, .state = firing->state};

    schedule_save_state(batch->db, schedule->number, &firing->state);
    batch->rows++;
    effect->cancel = time_again;
    effect->object = schedule;
    effect->data = arena_copy(batch->mem, &moved, sizeof(moved));
}

static void run_schedule(struct batch *batch, struct hot_schedule *schedule, unsigned *steps)
{
    int64_t now_ms = batch->now.wall_ms;
    struct firing firing;

    /* Out of the heap now; back in after COMMIT, or as it was if the batch is undone. */
    heap_remove(&batch->hot->schedules.due, &schedule->due);
    firing_begin(&firing, batch, schedule);
    while (*steps > 0 && batch->rows < ROWS_MAX && has_slot(&firing, now_ms) &&
           firing.state.fired - schedule->state.fired < TASKS_MAX) {
        int64_t next_ms = -1;

        (*steps)--;
        deal_with(&firing, now_ms);
        if (!cron_next(&schedule->cron, schedule->zone->zone, firing.state.last_slot_ms + 1,
                       &next_ms))
            next_ms = -1;
        firing.state.next_slot_ms = next_ms;
    }
    save(batch, schedule, &firing);
}

/* What is due while nothing is taken, or fits, comes later. */
static bool is_held(const struct engine *engine)
{
    return engine->drain.is_asked || engine->disk_is_full;
}

void schedules_run(struct batch *batch)
{
    struct heap *due = &batch->hot->schedules.due;
    unsigned left = LOOKS_MAX, steps = STEPS_MAX;
    struct heap_node *node;

    while (!is_held(batch->engine) && db_failure(batch->db) == DB_FINE && left-- > 0 && steps > 0 &&
           batch->rows < ROWS_MAX && (node = heap_first(due)) != NULL &&
           node->key <= batch->now.wall_ms)
        run_schedule(batch, CONTAINER_OF(node, struct hot_schedule, due), &steps);
}

int64_t schedules_next_ms(const struct engine *engine)
{
    const struct heap_node *node = heap_first(&engine->hot.schedules.due);

    return node == NULL || is_held(engine) ? INT64_MAX : node->key;
}
