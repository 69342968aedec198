/* Schedules: set up, looked at, triggered, deleted. */
#include "audit.h"
#include "firing.h"
#include "handlers.h"
#include "keys.h"
#include "lookups.h"
#include "paging.h"
#include "quotas.h"
#include "reach.h"
#include "schedule_due.h"
#include "schedule_views.h"
#include "views.h"

/* Those whose tasks go to a queue out of reach are not there. */
static struct hot_schedule *seen(const struct batch *batch, const struct command *command,
                                 struct bytes name)
{
    struct hot_schedule *schedule = hot_schedule(command_ns(batch, command), name);

    return schedule != NULL && reaches_name(command, schedule->settings.queue) ? schedule : NULL;
}

static bool find_schedule(struct batch *batch, struct command *command, struct bytes name,
                          struct hot_schedule **ret_schedule)
{
    *ret_schedule = seen(batch, command, name);
    if (*ret_schedule == NULL)
        batch_refuse(batch, command, ERR_NOT_FOUND, "", "there is no schedule %.*s",
                     BYTES_ARG(name));
    return *ret_schedule != NULL;
}

static void view_one(struct command *command, const struct hot_schedule *schedule,
                     struct bytes task)
{
    command->reply.schedules = arena_alloc(command->mem, sizeof(struct schedule_view));
    command->reply.schedules_len = 1;
    fill_schedule(command, schedule, task, command->reply.schedules);
}

/* ---- look ---- */

void run_GET_SCHEDULE(struct batch *batch, struct command *command)
{
    struct hot_schedule *schedule;

    if (!find_schedule(batch, command, command->in.schedule.name, &schedule))
        return;
    view_one(command, schedule, schedule_load_task(batch->db, schedule->number, batch->mem));
    batch_answer(batch, command);
}

void run_LIST_SCHEDULES(struct batch *batch, struct command *command)
{
    const struct hot_ns *ns = command_ns(batch, command);
    struct reply *reply = &command->reply;
    struct hot_schedule *schedule;
    struct paging paging;

    if (ns == NULL) {
        batch_answer(batch, command);
        return;
    }
    paging = paging_begin(&command->in.page, map_len(ns->schedules), batch->mem);
    for (size_t at = 0; (schedule = map_each(ns->schedules, &at)) != NULL;)
        if (reaches_name(command, schedule->settings.queue))
            paging_add(&paging, schedule->created_at_ms, schedule->name, schedule);
    paging_end(&paging);
    reply->schedules = arena_alloc(command->mem, paging.len * sizeof(*reply->schedules));
    for (; reply->schedules_len < paging.len; reply->schedules_len++)
        fill_schedule(command, paging.at[reply->schedules_len].thing, BYTES_NONE,
                      &reply->schedules[reply->schedules_len]);
    batch_answer(batch, command);
}

void run_NEXT_SCHEDULE(struct batch *batch, struct command *command)
{
    const struct schedule_name *ask = &command->in.schedule;
    struct reply *reply = &command->reply;
    struct hot_schedule *schedule;
    int64_t slot_ms;

    if (!find_schedule(batch, command, ask->name, &schedule))
        return;
    if (schedule->zone == NULL) {
        batch_refuse(batch, command, ERR_STATE_CONFLICT, "", "%.*s",
                     BYTES_ARG(schedule->state.error));
        return;
    }
    view_one(command, schedule, BYTES_NONE);
    reply->slots = arena_alloc(command->mem, ask->limit * sizeof(*reply->slots));
    slot_ms = schedule_first_slot_ms(&schedule->cron, schedule->zone->zone,
                                     schedule->state.last_slot_ms, batch->now.wall_ms);
    while (slot_ms >= 0 && reply->slots_len < ask->limit) {
        reply->slots[reply->slots_len++] =
            (struct slot_view){slot_ms, zone_local_ms(schedule->zone->zone, slot_ms)};
        if (!cron_next(&schedule->cron, schedule->zone->zone, slot_ms + 1, &slot_ms))
            slot_ms = -1;
    }
    batch_answer(batch, command);
}

/* ---- set up ---- */

/* A schedule as it will be, and what it is made of. */
struct setup {
    struct hot *hot;
    struct hot_ns *ns;
    struct hot_schedule *schedule; /* NULL: a new one */
    struct schedule_row row;
    struct cron cron;
    struct hot_zone *zone;
};

static void set_up(struct engine *engine, struct effect *effect)
{
    const struct setup *setup = effect->data;

    if (setup->schedule == NULL)
        (void)hot_add_schedule(&engine->hot, setup->ns, &setup->row, &setup->cron, setup->zone);
    else
        hot_set_schedule(&engine->hot, setup->schedule, &setup->row, &setup->cron, setup->zone);
}

static void set_up_undone(struct effect *effect)
{
    const struct setup *setup = effect->data;

    hot_zone_drop(&setup->hot->schedules, setup->zone);
}

/* The same expression in the same zone goes on where it is; any other begins now. */
static bool goes_on(const struct hot_schedule *before, const struct schedule_settings *settings)
{
    return before != NULL && before->zone != NULL && !before->settings.paused &&
           bytes_equal(before->settings.cron, settings->cron) &&
           bytes_equal(before->settings.timezone, settings->timezone);
}

static bool reckon(struct batch *batch, struct setup *setup, struct error *error)
{
    const struct schedule_settings *settings = &setup->row.settings;
    struct schedule_state *state = &setup->row.state;
    int64_t first_ms = schedule_first_slot_ms(&setup->cron, setup->zone->zone, state->last_slot_ms,
                                              batch->now.wall_ms);

    if (first_ms < 0) {
        (void)error_set(error, ERR_INVALID_FIELD, "/cron", "never fires in %.*s",
                        BYTES_ARG(settings->timezone));
        return false;
    }
    state->error = BYTES_NONE;
    if (!goes_on(setup->schedule, settings)) {
        state->next_slot_ms = first_ms;
        state->made_up = 0;
    }
    if (settings->paused)
        state->next_slot_ms = -1;
    return true;
}

static bool read_times(struct batch *batch, struct setup *setup, struct error *error)
{
    const struct schedule_settings *settings = &setup->row.settings;

    return cron_parse(settings->cron, "/cron", &setup->cron, error) == OK &&
           hot_zone_take(&batch->hot->schedules, batch->engine->options.zone_folder,
                         settings->timezone, "/timezone", &setup->zone, error) == OK;
}

static struct schedule_row row_of(const struct batch *batch, const struct command *command,
                                  const struct hot_schedule *before)
{
    const struct schedule_edit *edit = &command->in.schedule_edit;
    struct schedule_row row = {
        .number = batch->hot->schedules.last + 1,
        .version = 1,
        .created_at_ms = batch->now.wall_ms,
        .name = edit->name,
        .created_by = command->by->id,
        .settings = edit->settings,
        .state = schedule_state_new(-1),
    };

    if (before != NULL) {
        row.number = before->number;
        row.version = before->version + 1;
        row.created_at_ms = before->created_at_ms;
        row.state = before->state;
    }
    return row;
}

/* Row now, memory after COMMIT, the answer shows what will be. */
static void save(struct batch *batch, struct command *command, const struct setup *setup)
{
    const struct schedule_row *row = &setup->row;
    struct bytes task = command->in.schedule_edit.task;
    struct effect *effect = batch_effect(batch, set_up);
    struct hot_schedule after = {
        .ns = setup->ns,
        .number = row->number,
        .version = row->version,
        .created_at_ms = row->created_at_ms,
        .name = row->name,
        .settings = row->settings,
        .state = row->state,
        .zone = setup->zone,
    };
    struct bytes task_before = schedule_load_task(batch->db, row->number, batch->mem);
    const struct schedule_settings *before =
        setup->schedule != NULL ? &setup->schedule->settings : NULL;
    bool task_changed = before != NULL && !bytes_equal(task, task_before);

    batch_use_ns(batch, setup->ns);
    schedule_save(batch->db, row, task);
    batch->rows++;
    effect->cancel = set_up_undone;
    effect->data = arena_copy(batch->mem, setup, sizeof(*setup));
    audit_write(
        batch, command,
        &(struct audit_act){
            .ns = setup->ns,
            .action = before == NULL ? BYTES("schedule.created") : BYTES("schedule.changed"),
            .object = row->name,
            .detail = schedule_audit(batch, before, &row->settings, task_changed),
        });
    view_one(command, &after, task);
    command->reply.created = before == NULL;
    batch_answer(batch, command);
}

/* It is there or not, as the request demands, and who asks may have it. */
static bool may_put(struct batch *batch, struct command *command, struct hot_schedule *before)
{
    const struct schedule_edit *edit = &command->in.schedule_edit;

    if (!may_use_queue(batch, command, edit->settings.queue, "/task/queue"))
        return false;
    if (before != NULL && !reaches_name(command, before->settings.queue))
        batch_refuse(batch, command, ERR_FORBIDDEN, "",
                     "the schedule %.*s is for a queue that the token does not allow",
                     BYTES_ARG(edit->name));
    else if (before != NULL && edit->if_absent)
        batch_refuse(batch, command, ERR_PRECONDITION_FAILED, "If-None-Match",
                     "the schedule exists");
    else if (before == NULL && edit->if_match >= 0)
        batch_refuse(batch, command, ERR_PRECONDITION_FAILED, "If-Match",
                     "the schedule does not exist");
    else if (batch->engine->disk_is_full)
        batch_refuse(batch, command, ERR_DISK_RESERVE, "",
                     "the disk is full; only what ends work is taken");
    else if (before != NULL)
        return check_version(batch, command, before->version, edit->if_match);
    else
        return quota_admits_schedule(batch, command) &&
               quota_admits(batch, command, &(struct intake){.tasks = 0});
    return false;
}

void run_PUT_SCHEDULE(struct batch *batch, struct command *command)
{
    struct hot_schedule *before =
        hot_schedule(command_ns(batch, command), command->in.schedule_edit.name);
    struct setup setup = {.hot = batch->hot, .schedule = before};

    if (!may_put(batch, command, before))
        return;
    setup.row = row_of(batch, command, before);
    if (read_times(batch, &setup, &command->reply.error) &&
        reckon(batch, &setup, &command->reply.error)) {
        setup.ns = hot_ns(batch->hot, command->ns, true);
        setup.row.ns = setup.ns->head.number;
        save(batch, command, &setup);
        return;
    }
    hot_zone_drop(&batch->hot->schedules, setup.zone);
    batch_answer(batch, command);
}

/* ---- trigger, delete ---- */

static void set_triggered(struct engine *engine, struct effect *effect)
{
    hot_set_schedule_state(&engine->hot, effect->object, effect->data);
}

static void save_triggered(struct batch *batch, struct hot_schedule *schedule,
                           const struct schedule_state *state)
{
    struct effect *effect = batch_effect(batch, set_triggered);

    schedule_save_state(batch->db, schedule->number, state);
    batch->rows++;
    effect->object = schedule;
    effect->data = arena_copy(batch->mem, state, sizeof(*state));
}

static void note(struct batch *batch, const struct command *command,
                 const struct hot_schedule *schedule, struct bytes action)
{
    audit_write(
        batch, command,
        &(struct audit_act){.ns = schedule->ns, .action = action, .object = schedule->name});
}

static bool may_trigger(struct batch *batch, struct command *command)
{
    if (batch->engine->drain.is_asked)
        batch_refuse(batch, command, ERR_DRAINING, "", "the broker is stopping");
    else if (batch->engine->disk_is_full)
        batch_refuse(batch, command, ERR_DISK_RESERVE, "",
                     "the disk is full; only what ends work is taken");
    else
        return true;
    return false;
}

/* Beside the slots: none is counted or moved, and none that is to come is kept from firing but by
 * its overlap. */
void run_TRIGGER_SCHEDULE(struct batch *batch, struct command *command)
{
    const struct schedule_name *ask = &command->in.schedule;
    struct hot_schedule *schedule;
    struct firing firing;

    if (!find_schedule(batch, command, ask->name, &schedule) ||
        !check_version(batch, command, schedule->version, ask->if_match) ||
        !may_trigger(batch, command) || key_handles(batch, command))
        return;
    firing_begin(&firing, batch, schedule);
    if (firing_make(&firing)) {
        save_triggered(batch, schedule, &firing.state);
        note(batch, command, schedule, BYTES("schedule.triggered"));
        command->reply.created = true;
    } else if (firing.is_joined) {
        command->reply.deduplicated = true;
    } else {
        command->reply.error = firing.error;
        batch_answer(batch, command);
        return;
    }
    fill_task(batch, command, &firing.made, (struct view_wants){.payload = false});
    key_keep(batch, command, firing.made.number);
    batch_answer(batch, command);
}

static void forget(struct engine *engine, struct effect *effect)
{
    hot_drop_schedule(&engine->hot, effect->object);
}

/* Its tasks stay. */
void run_DELETE_SCHEDULE(struct batch *batch, struct command *command)
{
    const struct schedule_name *ask = &command->in.schedule;
    struct hot_schedule *schedule;

    if (!find_schedule(batch, command, ask->name, &schedule) ||
        !check_version(batch, command, schedule->version, ask->if_match))
        return;
    schedule_delete(batch->db, schedule->number);
    batch->rows++;
    note(batch, command, schedule, BYTES("schedule.deleted"));
    batch_effect(batch, forget)->object = schedule;
    batch_answer(batch, command);
}
