/* Keys: what was answered first is answered again. */
#include "keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "domain/bounds.h"
#include "reach.h"
#include "waits.h"

static const char line_scope[] = "line of POST /v1/tasks/batch";

struct open_key {
    char *name; /* namespace, scope and key */
    size_t name_len;
    struct command *owner;
    struct list waiters;
};

static bool has_key(const struct command *command)
{
    return command->idempotency.key.at != NULL;
}

static bool load(struct batch *batch, const struct command *command, struct bytes scope,
                 struct bytes key, struct arena *arena, struct key_row *ret_row)
{
    const struct hot_ns *ns = hot_ns(batch->hot, command->ns, false);

    return ns != NULL && key_load(batch->db, ns->head.number, scope, key, arena, ret_row) &&
           ret_row->created_at_ms > batch->now.wall_ms - DAY_MS;
}

/* The answer to another token is not for one that does not reach the task; the queues of a submit
 * were judged before. */
static bool may_see(struct batch *batch, const struct command *command, const struct key_row *row)
{
    struct task task;

    if (row->task < 0 || reaches_all_queues(command))
        return true;
    if (!task_load_number(batch->db, row->task, &task))
        return command->kind == COMMAND_SUBMIT;
    return reaches_queue(command, task_queue(batch, &task));
}

static void replay(struct batch *batch, struct command *command, const struct key_row *row)
{
    struct reply *reply = &command->reply;
    struct task task;

    metrics_add(batch->engine->options.metrics, METRIC_IDEMPOTENT_REPLAYS, NULL, 1);
    reply->replayed = true;
    reply->stored_status = (int)row->status;
    reply->stored_body = row->body;
    reply->stored_location = row->location;
    reply->deduplicated = command->kind == COMMAND_SUBMIT && row->status == 200;
    /* The key remembers the submit, not the wait: a repeat waits anew. */
    if (command->wait_ms > 0 && row->task >= 0 && task_load_number(batch->db, row->task, &task))
        wait_or_answer(batch, command, &task);
    else
        batch_answer(batch, command);
}

static struct bytes open_name(const struct command *command, struct arena *arena)
{
    return arena_printf(arena, "%.*s\n%.*s\n%.*s", BYTES_ARG(command->ns),
                        BYTES_ARG(command->idempotency.scope), BYTES_ARG(command->idempotency.key));
}

static bool park_behind(struct batch *batch, struct command *command)
{
    struct open_key *open = map_get(batch->engine->open_keys, open_name(command, batch->mem));
    struct parked *parked;

    if (open == NULL || open->owner == command)
        return false;
    parked = park(batch, command, PARKED_KEY, INT64_MAX);
    list_push_back(&open->waiters, &parked->subject);
    return true;
}

bool key_handles(struct batch *batch, struct command *command)
{
    struct key_row row;

    if (!has_key(command))
        return false;
    if (!load(batch, command, command->idempotency.scope, command->idempotency.key, command->mem,
              &row))
        return park_behind(batch, command);
    if (!bytes_is(row.fingerprint, command->idempotency.fingerprint.at)) {
        batch_refuse(batch, command, ERR_KEY_REUSED, "Idempotency-Key",
                     "this key came with another request in the last 24 hours");
        return true;
    }
    if (may_see(batch, command, &row))
        replay(batch, command, &row);
    else
        batch_refuse(batch, command, ERR_NOT_FOUND, "", "the task of this key is not there");
    return true;
}

static void save(struct batch *batch, const struct command *command, struct key_row *row)
{
    struct hot_ns *ns = hot_ns(batch->hot, command->ns, true);

    batch_use_ns(batch, ns);
    row->ns = ns->head.number;
    row->created_at_ms = batch->now.wall_ms;
    key_save(batch->db, row);
    batch->rows++;
}

void key_keep(struct batch *batch, struct command *command, int64_t task)
{
    struct key_row row = {
        .task = task,
        .scope = command->idempotency.scope,
        .key = command->idempotency.key,
        .fingerprint = bytes_of(command->idempotency.fingerprint.at),
    };
    int status = 0;

    if (!has_key(command))
        return;
    command->remember(command, &status, &row.location, &row.body);
    row.status = status;
    save(batch, command, &row);
}

void key_open(struct batch *batch, struct command *command)
{
    if (!has_key(command) || command->open_key != NULL)
        return;

    struct bytes name = open_name(command, batch->mem);
    struct open_key *open = mem_alloc(sizeof(*open));

    open->name = memcpy(mem_alloc(name.len + 1), name.at, name.len);
    open->name_len = name.len;
    open->owner = command;
    list_init(&open->waiters);
    (void)map_put(batch->engine->open_keys, (struct bytes){open->name, open->name_len}, open);
    command->open_key = open;
}

void key_close(struct engine *engine, struct command *command)
{
    struct open_key *open = command->open_key;
    struct list_node *node;

    if (open == NULL)
        return;
    while ((node = list_first(&open->waiters)) != NULL) {
        struct parked *parked = CONTAINER_OF(node, struct parked, subject);
        struct command *waiter = parked->command;

        unpark(engine, parked);
        list_push_back(&engine->rerun, &waiter->link);
    }
    (void)map_remove(engine->open_keys, (struct bytes){open->name, open->name_len});
    free(open->name);
    free(open);
    command->open_key = NULL;
}

void keys_free(struct engine *engine)
{
    struct open_key *open;

    for (size_t at = 0; (open = map_each(engine->open_keys, &at)) != NULL;) {
        free(open->name);
        free(open);
    }
    map_free(engine->open_keys);
}

bool key_replays_item(struct batch *batch, const struct command *command,
                      const struct task_spec *spec, struct submit_item *item)
{
    struct key_row row;
    struct task task;

    if (spec->idempotency_key.at == NULL ||
        !load(batch, command, bytes_of(line_scope), spec->idempotency_key, command->mem, &row))
        return false;
    if (!bytes_equal(row.fingerprint, spec->fingerprint)) {
        (void)error_set(&item->error, ERR_KEY_REUSED, "/idempotency_key",
                        "this key came with another task in the last 24 hours");
        return true;
    }
    if (!task_load_number(batch->db, row.task, &task)) {
        (void)error_set(&item->error, ERR_PURGED, "/idempotency_key",
                        "the task of this key was deleted");
        return true;
    }
    if (!reaches_queue(command, task_queue(batch, &task))) {
        (void)error_set(&item->error, ERR_NOT_FOUND, "/idempotency_key",
                        "the task of this key is not there");
        return true;
    }
    *item = (struct submit_item){
        .id = task.id, .number = task.number, .state = task.state, .replayed = true};
    return true;
}

void key_keep_item(struct batch *batch, const struct command *command, const struct task_spec *spec,
                   const struct submit_item *item)
{
    struct key_row row = {
        .task = item->number,
        .scope = bytes_of(line_scope),
        .key = spec->idempotency_key,
        .fingerprint = spec->fingerprint,
        .status = 201,
    };

    if (spec->idempotency_key.at != NULL)
        save(batch, command, &row);
}
