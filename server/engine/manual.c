/* Manual time: a clock that only commands move. */
#include "manual.h"

#include "audit.h"
#include "batch.h"
#include "handlers.h"
#include "timers.h"

static void answer_advance(struct engine *engine)
{
    struct command *command = engine->manual.advancing;

    engine->manual.advancing = NULL;
    command->reply.now.now_ms = engine->manual.now.wall_ms;
    engine_answer_one(engine, command);
}

static void move_time(struct engine *engine, int64_t to_mono_ms)
{
    int64_t by_ms = to_mono_ms - engine->manual.now.mono_ms;

    engine->manual.now.mono_ms += by_ms;
    engine->manual.now.wall_ms += by_ms;
    atomic_fetch_add(&engine->manual.ahead_ms, by_ms);
}

void manual_advance(struct engine *engine)
{
    struct list none;
    int64_t target_ms = engine->manual.target_mono_ms;
    int64_t next_ms;

    list_init(&none);
    while ((next_ms = timers_next_mono(engine)) <= target_ms && engine->exit_code == 0 &&
           !engine->drain.is_over) {
        if (next_ms > engine->manual.now.mono_ms)
            move_time(engine, next_ms);
        (void)batch_run(engine, &none);
    }
    move_time(engine, target_ms);
    (void)batch_run(engine, &none);
    while (!list_is_empty(&engine->rerun) && engine->exit_code == 0)
        (void)batch_run(engine, &none);
    answer_advance(engine);
}

static void note_advance(struct batch *batch, const struct command *command)
{
    struct audit_act act = {.action = BYTES("clock.advanced")};
    struct audit_detail detail;

    audit_detail_begin(&detail);
    json_member_seconds_or_null(&detail.out, "by_s", command->in.advance.by_ms);
    act.detail = audit_detail_end(&detail, batch->mem);
    audit_write(batch, command, &act);
}

/* Alone in its batch: time moves when that has committed, and the answer comes after it. */
static void begin_advance(struct engine *engine, struct effect *effect)
{
    struct command *command = effect->object;

    list_remove(&command->link); /* from those that this batch answers */
    engine->manual.advancing = command;
    engine->manual.target_mono_ms = engine->manual.now.mono_ms + command->in.advance.by_ms;
}

void run_ADVANCE(struct batch *batch, struct command *command)
{
    struct engine *engine = batch->engine;

    if (!engine->options.manual_clock) {
        batch_refuse(batch, command, ERR_NOT_FOUND, "", "the clock is not manual");
        return;
    }
    note_advance(batch, command);
    batch_effect(batch, begin_advance)->object = command;
    batch_answer(batch, command);
}
