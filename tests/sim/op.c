/* Ops: a command with what its sender remembers, in one arena. */
#include <stdarg.h>
#include <stdio.h>

#include "sim.h"

static const char *const kind_names[COMMAND_MAX] = {
#define COMMAND(name, lane) [COMMAND_##name] = #name,
#include "tables/commands.def"
#undef COMMAND
};

static bool is_alive(const struct caller *caller)
{
    struct op *op = caller->ctx;

    op->was_gone_waiting = op->is_gone;
    return !op->is_gone;
}

static void count_open(struct op *op, int by)
{
    struct sim *sim = op->sim;

    for (unsigned i = 0; i < op->submissions; i++)
        if (op->command->kind == COMMAND_RETRY)
            sim->submissions[op->first + i].clones_open += by;
        else
            sim->submissions[op->first + i].open += by;
    if (op->command->kind == COMMAND_EDIT || op->command->kind == COMMAND_RUN_NOW)
        sim->model.edits_open += (unsigned)by;
    if (op->command->kind == COMMAND_TRIGGER_SCHEDULE)
        sim->model.triggers_open[op->schedule] += by;
    if (op->command->kind == COMMAND_DELETE_TASK)
        model_known(&sim->model, op->task)->deletes_open += by;
}

static void done(struct command *command)
{
    struct op *op = command->caller.ctx;
    struct sim *sim = op->sim;

    list_remove(&op->link);
    sim_mix(sim, (uint64_t)command->kind << 32 ^ (uint64_t)command->reply.error.code);
    if (sim->traces)
        sim_note(sim, "  answer to %s of step %llu: %s", kind_names[command->kind],
                 (unsigned long long)op->posted_step,
                 command->reply.error.code == OK ? "ok" : err_code(command->reply.error.code));
    answer_check(op);
    op_free(op);
}

/* The first answer to a key: the id, as text. */
static void remember(struct command *command, int *ret_status, struct bytes *ret_location,
                     struct bytes *ret_body)
{
    const struct task_view *view = &command->reply.view;
    char id[ID_TEXT_LEN + 1] = "";

    if (view->task != NULL)
        id_format(view->task->id, id);
    *ret_status = 201;
    *ret_location = BYTES_NONE;
    *ret_body = arena_printf(command->mem, "%s", id);
}

struct op *op_new(struct sim *sim, enum command_kind kind)
{
    struct arena *mem = arena_new();
    struct op *op = arena_alloc(mem, sizeof(*op));
    struct command *command = arena_alloc(mem, sizeof(*command));

    command->kind = kind;
    command->mem = mem;
    command->by = &principal_open;
    command->ns = BYTES("default");
    command->remember = remember;
    command->caller = (struct caller){.ctx = op, .done = done, .is_alive = is_alive};
    op->sim = sim;
    op->command = command;
    op->first = op->task = op->webhook = -1;
    return op;
}

void op_post(struct op *op)
{
    struct sim *sim = op->sim;

    op->wait_ms = op->command->wait_ms;
    op->ends_mono_ms = -1;
    op->posted_step = sim->steps;
    sim->commands++;
    count_open(op, 1);
    sim_note(sim, "%s agent %u task %lld queue %u submission %lld+%u words %u wait %lld",
             kind_names[op->command->kind], op->agent, (long long)op->task, op->queue,
             (long long)op->first, op->submissions, op->words_len, (long long)op->command->wait_ms);
    list_push_back(&sim->asked, &op->link);
    engine_post(sim->engine, op->command);
}

void op_free(struct op *op)
{
    count_open(op, -1);
    arena_free(op->command->mem);
}

struct bytes op_printf(struct op *op, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return arena_bytes(op->command->mem, (struct bytes){text, (size_t)len});
}
