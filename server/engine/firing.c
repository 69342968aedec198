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

/* Of the task made last and the other one in mind, those that are not over. */
struct busy {
    struct task of[2];
    unsigned len;
};

static void look_at(struct firing *firing, const struct schedule_task *which, struct busy *busy)
{
    struct task *task = &busy->of[busy->len];

    if (which->number >= 0 && task_load_number(firing->batch->db, which->number, task) &&
        !task_state_is_terminal(task->state))
        busy->len++;
}

/* The one made last comes first. */
static void find_busy(struct firing *firing, struct busy *ret_busy)
{
    ret_busy->len = 0;
    look_at(firing, &firing->state.last, ret_busy);
    look_at(firing, &firing->state.other, ret_busy);
}

static struct bytes ids_of(struct firing *firing, const struct busy *busy)
{
    struct bytes ids = BYTES_NONE;
    char id[ID_TEXT_LEN + 1];

    for (unsigned i = 0; i < busy->len; i++) {
        id_format(busy->of[i].id, id);
        ids = arena_printf(firing->batch->mem, "%.*s%s\n", BYTES_ARG(ids), id);
    }
    return ids;
}

/* behind: whose ends it waits for; NULL: nobody's. */
static bool make(struct firing *firing, const struct busy *behind)
{
    struct batch *batch = firing->batch;
    struct command *command = arena_alloc(batch->mem, sizeof(*command));
    struct task_spec *spec;

    if (!read_template(firing))
        return false;
    spec = arena_copy(batch->mem, &firing->spec, sizeof(*spec));
    if (behind != NULL && behind->len > 0) {
        spec->rules.depends_on = ids_of(firing, behind);
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
    return true;
}

static struct schedule_task made(const struct task *task)
{
    return (struct schedule_task){task->number, task->id};
}

/* There is room for two. The next slot heeds both; of two that are busy already that is the one
 * that outlives the other, or else the older. */
static void remember(struct firing *firing, const struct busy *busy)
{
    struct schedule_task nobody = {.number = -1};
    unsigned nth = busy->len == 2 && !busy->of[0].is_dependent ? 1 : 0;

    firing->state.other = busy->len == 0 ? nobody : made(&busy->of[nth]);
    firing->state.last = made(&firing->made);
}

/* Beside two that are busy it is not kept in mind: what the slots have made comes first. */
bool firing_make(struct firing *firing)
{
    struct busy busy;

    find_busy(firing, &busy);
    if (!make(firing, NULL))
        return false;
    if (busy.len < 2)
        remember(firing, &busy);
    return true;
}

/* Its place is free when all are over that this may leave behind. */
static void make_way(struct firing *firing, struct busy *busy)
{
    static const struct cancel_how HOW = {.reason = {"replaced", 8}, .grace_ms = GRACE_DEFAULT_MS};

    if (firing->schedule->settings.overlap != OVERLAP_CANCEL_OTHER)
        return;
    /* The end of one may move the other, or end it. */
    for (; busy->len > 0; busy->len--) {
        struct task *task = &busy->of[busy->len - 1];

        if (task_load_number(firing->batch->db, task->number, task) &&
            !task_state_is_terminal(task->state))
            cancel_task(firing->batch, task, &HOW);
    }
    find_busy(firing, busy);
}

static bool try_slot(struct firing *firing)
{
    enum schedule_overlap overlap = firing->schedule->settings.overlap;
    struct busy busy = {.len = 0};

    if (overlap != OVERLAP_ALLOW)
        find_busy(firing, &busy);
    if (busy.len > 0 && overlap == OVERLAP_SKIP)
        return refer_to(firing, &busy.of[0], "is not over");
    if (!read_template(firing)) /* nobody is cancelled for nothing */
        return false;
    make_way(firing, &busy);
    if (!make(firing, &busy))
        return false;
    remember(firing, &busy);
    return true;
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
