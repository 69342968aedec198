/* Push play: commands of the push room and of those who set it up. */
#include "push_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct command *to_enrol_push(struct stage *stage, const char *queue, const char *url)
{
    struct command *command = stage_make(stage, COMMAND_REGISTER);
    struct bytes name = bytes_of(queue);

    command->in.worker_spec = (struct worker_spec){
        .identity = BYTES("thumbs"),
        .queues = arena_copy(command->mem, &name, sizeof(name)),
        .queues_len = 1,
        .concurrency = 2,
        .confirm_ms = -1,
        .min_priority = MIN_PRIORITY_NONE,
        .push_url = bytes_of(url),
    };
    return command;
}

struct id enrol_push(struct stage *stage, const char *queue)
{
    struct command *command = stage_ask(stage, to_enrol_push(stage, queue, PUSH_URL));

    assert_int_equal(code_of(command), OK);
    return command->reply.workers[0].id;
}

struct command *to_watch(struct stage *stage, int64_t since, int64_t wait_ms)
{
    struct command *command = stage_make(stage, COMMAND_WATCH_TARGETS);

    command->by = &principal_broker;
    command->in.targets.since = since;
    command->wait_ms = wait_ms;
    return command;
}

struct command *to_note(struct stage *stage, struct id worker, bool disable)
{
    struct command *command = stage_make(stage, COMMAND_NOTE_TARGET);

    command->by = &principal_broker;
    command->in.target = (struct target_note){
        .kind = TARGET_WORKER,
        .worker = worker,
        .disable = disable,
        .health = {.window = 4,
                   .sent = 1,
                   .latency_ms = 20,
                   .resumes_at_ms = -1,
                   .error = BYTES("HTTP 410")},
    };
    return command;
}

struct command *to_edit_worker(struct stage *stage, struct id worker)
{
    struct command *command = stage_make(stage, COMMAND_EDIT_WORKER);

    command->in.worker_edit = (struct worker_edit){.worker = worker};
    return command;
}
