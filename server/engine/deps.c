/* Deps: ends are worked off in a loop, however long the chain and however wide the fan. */
#include "deps.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/parse.h"
#include "cancels.h"
#include "intent.h"
#include "place.h"
#include "reach.h"
#include "settle.h"
#include "store/repo_dependency.h"

enum { SETTLE_ROWS_MAX = 1000, SLICE_TASKS = 50 };

/* An end that is still to be told to some who wait for it. */
struct owed {
    struct list_node link;
    int64_t intent;
    struct ended of;
};

/* ---- a new task ---- */

/* What is out of reach is answered like what is not there. */
static bool is_there(struct batch *batch, const struct command *command, struct id id)
{
    struct task awaited;

    return task_load(batch->db, id, &awaited) &&
           reaches_queue(command, task_queue(batch, &awaited));
}

static bool refuse_line(struct error *ret_error, unsigned line, const char *why, struct bytes what)
{
    char where[32];

    (void)snprintf(where, sizeof(where), "/depends_on/%u", line);
    (void)error_set(ret_error, ERR_INVALID_FIELD, where, "%s %.*s", why, BYTES_ARG(what));
    return false;
}

bool deps_are_there(struct batch *batch, const struct command *command, struct bytes depends_on,
                    bool may_ref, struct error *ret_error)
{
    struct bytes line;
    struct id id;

    for (unsigned i = 0; bytes_split(&depends_on, '\n', &line); i++) {
        if (!id_parse(line, &id)) {
            if (may_ref)
                continue;
            return refuse_line(ret_error, i, "this is not the id of a task:", line);
        }
        if (!is_there(batch, command, id))
            return refuse_line(ret_error, i, "there is no task with the id", line);
    }
    return true;
}

static struct ended ended_of(const struct task *task)
{
    return (struct ended){
        .number = task->number,
        .ns_number = task->ns_number,
        .queue_number = task->queue_number,
        .id = task->id,
        .state = task->state,
    };
}

void deps_wait_for(struct batch *batch, struct task *task, const struct task *awaited)
{
    dependency_insert(batch->db, task->number, awaited->number);
    task_save_awaited(batch->db, awaited->number);
    batch->rows += 2;
    task->is_dependent = true;
}

bool deps_wait(struct batch *batch, struct task *task, struct ended *ret_cause)
{
    struct bytes lines = task->rules.depends_on, line;
    bool runs = task->rules.on_dependency_failure == DEPENDENCY_RUN;
    bool has_cause = false;
    struct task awaited;
    struct id id;

    while (bytes_split(&lines, '\n', &line)) {
        if (!id_parse(line, &id) || !task_load(batch->db, id, &awaited))
            continue;
        if (!task_state_is_terminal(awaited.state)) {
            deps_wait_for(batch, task, &awaited);
        } else if (awaited.state != TASK_SUCCEEDED && !runs && !has_cause) {
            *ret_cause = ended_of(&awaited);
            has_cause = true;
        }
    }
    return has_cause;
}

/* ---- ends ---- */

static struct bytes error_of(struct batch *batch, const struct ended *cause)
{
    char id[ID_TEXT_LEN + 1];
    const char *state = task_state_name(cause->state);

    id_format(cause->id, id);
    return arena_printf(batch->mem,
                        "{\"type\":\"dependency_failed\",\"message\":\"it depends on the task %s, "
                        "which is %s\",\"trace\":null,\"data\":{\"task_id\":\"%s\",\"state\":"
                        "\"%s\"}}",
                        id, state, id, state);
}

void deps_end(struct batch *batch, struct task *task, const struct ended *cause)
{
    struct cancel_how how = {.reason = BYTES("dependency_failed"), .grace_ms = GRACE_DEFAULT_MS};

    if (task->rules.on_dependency_failure == DEPENDENCY_SKIP)
        cancel_task(batch, task, &how);
    else
        settle_without_attempt(batch, task, error_of(batch, cause));
}

static void note_end(struct batch *batch, const struct task *task)
{
    struct ended ended = ended_of(task);
    struct ended *note = arena_copy(batch->mem, &ended, sizeof(ended));

    *batch->ends_end = note;
    batch->ends_end = &note->next;
}

void deps_ended(struct batch *batch, struct task *task)
{
    if (task->is_dependent) {
        dependencies_delete(batch->db, task->number);
        task->is_dependent = false;
        batch->rows++;
    }
    if (task->is_awaited)
        note_end(batch, task);
}

/* ---- telling ---- */

/* One of what it waits for counts no more. */
static void drop_one(struct batch *batch, struct task *task, const struct ended *ended)
{
    dependency_delete(batch->db, task->number, ended->number);
    batch->rows++;
    if (dependency_is_any(batch->db, task->number))
        return;
    task->is_dependent = false;
    task_save_touch(batch->db, task);
    batch->rows++;
    place_again(batch, task);
}

/* What it does not name it does not need: it only waits until that is over. */
static bool needs(const struct task_rules *rules, struct id awaited)
{
    struct bytes lines = rules->depends_on, line;
    struct id id;

    while (bytes_split(&lines, '\n', &line))
        if (id_parse(line, &id) && id_equal(id, awaited))
            return rules->on_dependency_failure != DEPENDENCY_RUN;
    return false;
}

static void tell(struct batch *batch, int64_t number, const struct ended *ended)
{
    struct task task;

    if (!task_load_number(batch->db, number, &task) || task_state_is_terminal(task.state)) {
        dependency_delete(batch->db, number, ended->number);
        return;
    }
    if (ended->state != TASK_SUCCEEDED)
        body_load_rules(batch->db, &task, batch->mem);
    if (ended->state == TASK_SUCCEEDED || !needs(&task.rules, ended->id))
        drop_one(batch, &task, ended);
    else
        deps_end(batch, &task, ended);
}

/* It may have been retried since: then its next end counts. Of one that was deleted only the note
 * is left. False: there is more to tell than the batch has room for. */
static bool tell_all(struct batch *batch, const struct ended *noted, unsigned rows_max)
{
    int64_t numbers[SLICE_TASKS];
    struct ended ended = *noted;
    struct task task;
    unsigned len;

    if (task_load_number(batch->db, noted->number, &task))
        ended.state = task.state;
    if (!task_state_is_terminal(ended.state))
        return true;
    while ((len = dependents(batch->db, ended.number, SLICE_TASKS, numbers)) > 0) {
        if (batch->rows >= rows_max)
            return false;
        for (unsigned i = 0; i < len; i++)
            tell(batch, numbers[i], &ended);
    }
    return true;
}

/* ---- what is owed ---- */

static void add_owed(struct engine *engine, const struct ended *ended, int64_t intent)
{
    struct owed *owed = mem_alloc(sizeof(*owed));

    owed->of = *ended;
    owed->intent = intent;
    list_push_back(&engine->owed, &owed->link);
}

static void owe_later(struct engine *engine, struct effect *effect)
{
    add_owed(engine, effect->data, effect->number);
}

static void owe(struct batch *batch, const struct ended *ended)
{
    char id[ID_TEXT_LEN + 1];

    id_format(ended->id, id);

    struct intent_row row = {
        .number = ++batch->hot->last_intent,
        .ns = ended->ns_number,
        .queue = ended->queue_number,
        .kind = INTENT_TELL,
        .up_to = ended->number,
        .created_at_ms = batch->now.wall_ms,
        .reason = arena_printf(batch->mem, "%d %s", (int)ended->state, id),
    };
    struct effect *effect = batch_effect(batch, owe_later);

    intent_insert(batch->db, &row);
    batch->rows++;
    effect->number = row.number;
    effect->data = arena_copy(batch->mem, ended, sizeof(*ended));
}

void deps_load(struct engine *engine, const struct intent_row *row)
{
    struct ended ended = {.number = row->up_to, .ns_number = row->ns, .queue_number = row->queue};
    struct bytes rest = row->reason, text;
    int64_t state;

    if (row->number > engine->hot.last_intent)
        engine->hot.last_intent = row->number;
    if (!bytes_split(&rest, ' ', &text) ||
        !parse_int(text, TASK_STATE_NONE + 1, TASK_STATE_MAX - 1, &state) ||
        !id_parse(rest, &ended.id))
        return;
    ended.state = (enum task_state)state;
    add_owed(engine, &ended, row->number);
}

static void owed_done(struct engine *engine, struct effect *effect)
{
    struct owed *owed = effect->object;

    (void)engine;
    list_remove(&owed->link);
    free(owed);
}

static void pay(struct batch *batch, unsigned rows_max)
{
    for (struct list_node *node = list_first(&batch->engine->owed); node != NULL;
         node = list_next(&batch->engine->owed, node)) {
        struct owed *owed = CONTAINER_OF(node, struct owed, link);

        if (batch->rows >= rows_max || !tell_all(batch, &owed->of, rows_max))
            return;
        intent_delete(batch->db, owed->intent);
        batch->rows++;
        batch_effect(batch, owed_done)->object = owed;
    }
}

void deps_settle(struct batch *batch)
{
    unsigned rows_max = batch->rows + SETTLE_ROWS_MAX;

    if (!batch->is_solo)
        pay(batch, rows_max);
    /* Ends that follow from ends are noted behind the others. */
    for (const struct ended *ended = batch->ends; ended != NULL; ended = ended->next)
        if (!tell_all(batch, ended, rows_max))
            owe(batch, ended);
    batch->ends = NULL;
    batch->ends_end = &batch->ends;
}

void deps_put_off(struct batch *batch)
{
    for (const struct ended *ended = batch->ends; ended != NULL; ended = ended->next)
        owe(batch, ended);
}

void deps_free(struct engine *engine)
{
    struct list_node *node;

    while ((node = list_pop_front(&engine->owed)) != NULL)
        free(CONTAINER_OF(node, struct owed, link));
}
