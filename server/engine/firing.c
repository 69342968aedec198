/* Firing: the template is read once, the task is submitted in the name of who made the schedule. */
#include "firing.h"

#include "cancels.h"
#include "submits.h"

void firing_begin(struct firing *firing, struct batch *batch, const struct hot_schedule *schedule)
{
    *firing = (struct firing){.batch = batch, .schedule = schedule, .state = schedule->state};
}

static bool read_template(struct firing *firing)
{
    struct batch *batch = firing->batch;
    const struct engine_options *options = &batch->engine->options;
    struct bytes json;
    enum err code = ERR_INTERNAL;

    if (firing->is_read)
        return true;
    json = schedule_load_task(batch->db, firing->schedule->number, batch->mem);
    if (options->read_task != NULL && json.at != NULL)
        code = options->read_task(options->read_task_ctx, json, batch->now.wall_ms, batch->mem,
                                  &firing->spec, &firing->error);
    firing->is_read = code == OK;
    return firing->is_read;
}

/* Who made it may have nothing but this queue; what he has of the broker's bounds is what a bound
 * token has. */
static const struct principal *maker_of(const struct firing *firing)
{
    const struct hot_schedule *schedule = firing->schedule;
    struct principal maker = {
        .id = arena_bytes(firing->batch->mem, schedule->created_by),
        .grant = {ROLE_SUBMITTER, schedule->ns->name,
                  arena_bytes(firing->batch->mem, schedule->settings.queue)},
    };

    maker.is_open = bytes_equal(maker.id, principal_open.id);
    if (maker.is_open)
        maker.grant.queues = BYTES("*");
    return arena_copy(firing->batch->mem, &maker, sizeof(maker));
}

/* Another task stands in the way. */
static bool refer_to(struct firing *firing, const struct task *task, const char *why)
{
    char id[ID_TEXT_LEN + 1];

    id_format(task->id, id);
    (void)error_set(&firing->error, ERR_STATE_CONFLICT, "", "task %s %s", id, why);
    return false;
}

/* behind: whose end it waits for; number -1: nobody's. */
static bool make(struct firing *firing, const struct schedule_task *behind)
{
    struct batch *batch = firing->batch;
    struct command *command = arena_alloc(batch->mem, sizeof(*command));
    struct task_spec *spec;

    if (!read_template(firing))
        return false;
    spec = arena_copy(batch->mem, &firing->spec, sizeof(*spec));
    if (behind->number >= 0) {
        char id[ID_TEXT_LEN + 1];

        id_format(behind->id, id);
        spec->rules.depends_on = arena_printf(batch->mem, "%s\n", id);
        spec->rules.on_dependency_failure = DEPENDENCY_RUN;
    }
    command->kind = COMMAND_SUBMIT;
    command->mem = batch->mem;
    command->ns = firing->schedule->ns->name;
    command->by = maker_of(firing);
    command->in.submit = (struct submit){.specs = spec, .specs_len = 1, .single = true};
    firing->is_joined = false;
    switch (submit_made(batch, command, &firing->made)) {
    case TAKE:
        break;
    case JOIN:
        firing->is_joined = true;
        return refer_to(firing, &firing->made, "has the same dedup key");
    case HOLD:
    case REFUSE:
        firing->error = command->reply.error;
        return false;
    }
    firing->state.other = *behind;
    firing->state.last = (struct schedule_task){firing->made.number, firing->made.id};
    return true;
}

static bool is_over(struct firing *firing, const struct schedule_task *which, struct task *ret_task)
{
    return which->number < 0 || !task_load_number(firing->batch->db, which->number, ret_task) ||
           task_state_is_terminal(ret_task->state);
}

/* Of the task made last and the one that it waits for, the one that is not over. */
static bool find_busy(struct firing *firing, struct task *ret_task)
{
    return !is_over(firing, &firing->state.last, ret_task) ||
           !is_over(firing, &firing->state.other, ret_task);
}

bool firing_make(struct firing *firing)
{
    struct schedule_task nobody = {.number = -1}, before = {.number = -1};
    struct task busy;

    if (find_busy(firing, &busy))
        before = (struct schedule_task){busy.number, busy.id};
    if (!make(firing, &nobody))
        return false;
    firing->state.other = before; /* the next slot heeds both */
    return true;
}

/* Its place is free when both are over that this may leave behind. */
static struct schedule_task make_way(struct firing *firing, struct task *busy)
{
    struct schedule_task behind = {.number = -1};

    if (firing->schedule->settings.overlap == OVERLAP_CANCEL_OTHER)
        cancel_task(
            firing->batch, busy,
            &(struct cancel_how){.reason = BYTES("replaced"), .grace_ms = GRACE_DEFAULT_MS});
    if (find_busy(firing, busy))
        behind = (struct schedule_task){busy->number, busy->id};
    return behind;
}

static bool try_slot(struct firing *firing)
{
    enum schedule_overlap overlap = firing->schedule->settings.overlap;
    struct schedule_task behind = {.number = -1};
    struct task busy;

    if (overlap == OVERLAP_ALLOW || !find_busy(firing, &busy))
        return make(firing, &behind);
    if (overlap == OVERLAP_SKIP)
        return refer_to(firing, &busy, "is not over");
    if (!read_template(firing)) /* nobody is cancelled for nothing */
        return false;
    behind = make_way(firing, &busy);
    return make(firing, &behind);
}

void firing_slot(struct firing *firing, int64_t slot_ms)
{
    if (!try_slot(firing)) {
        firing_skip(firing, slot_ms);
        return;
    }
    firing->state.last_slot_ms = slot_ms;
    firing->state.fired++;
    firing->state.error = BYTES_NONE;
}

void firing_skip(struct firing *firing, int64_t slot_ms)
{
    const struct error *error = &firing->error;

    firing->state.last_slot_ms = slot_ms;
    firing->state.skipped++;
    firing->state.error =
        error->where[0] != '\0'
            ? arena_printf(firing->batch->mem, "%s: %s", error->where, error->detail)
            : arena_printf(firing->batch->mem, "%s", error->detail);
}
