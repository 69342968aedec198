/* Sink: webhooks on the stage. */
#include "sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct command *to_put_hook(struct stage *stage, const char *name)
{
    struct command *command = stage_make(stage, COMMAND_PUT_WEBHOOK);

    command->in.webhook_edit = (struct webhook_edit){
        .name = bytes_of(name),
        .settings = {.url = BYTES("https://hooks.example/in"), .enabled = true},
        .if_match = VERSION_UNASKED,
    };
    return command;
}

struct command *to_hook(struct stage *stage, enum command_kind kind, const char *name)
{
    struct command *command = stage_make(stage, kind);

    command->in.webhook =
        (struct webhook_name){.name = bytes_of(name), .if_match = VERSION_UNASKED};
    return command;
}

struct command *to_take(struct stage *stage, int64_t webhook, unsigned max, int64_t wait_ms)
{
    struct command *command = stage_make(stage, COMMAND_TAKE_DELIVERIES);

    command->by = &principal_broker;
    command->wait_ms = wait_ms;
    command->in.deliveries = (struct deliveries_ask){.webhook = webhook, .max = max};
    return command;
}

struct command *to_settle(struct stage *stage, int64_t webhook, int64_t number,
                          enum delivery_end end)
{
    struct command *command = stage_make(stage, COMMAND_SETTLE_DELIVERIES);
    struct delivery_outcome outcome = {
        .number = number,
        .end = end,
        .status = end == DELIVERY_DONE ? 204 : 500,
        .error = end == DELIVERY_DONE ? BYTES_NONE : BYTES("it answered 500"),
        .retry_after_ms = -1,
        .took_ms = 12,
    };

    command->by = &principal_broker;
    command->in.delivered = (struct deliveries_done){
        .webhook = webhook,
        .outcomes = arena_copy(command->mem, &outcome, sizeof(outcome)),
        .outcomes_len = 1,
    };
    return command;
}

struct command *to_list_deliveries(struct stage *stage, const char *name, unsigned states)
{
    struct command *command = stage_make(stage, COMMAND_LIST_DELIVERIES);

    command->in.deliveries_query = (struct deliveries_query){
        .webhook = bytes_of(name), .states = states, .limit = 50, .after_number = -1};
    return command;
}

struct command *to_redeliver(struct stage *stage, const char *name, struct bytes id)
{
    struct command *command = stage_make(stage, COMMAND_REDELIVER);

    command->in.redelivery = (struct redelivery){.webhook = bytes_of(name), .id = id};
    return command;
}

int64_t hook(struct stage *stage, const char *name, const char *types)
{
    struct command *command = to_put_hook(stage, name);
    char sql[160];

    if (types != NULL)
        command->in.webhook_edit.settings.types = bytes_of(types);
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
    (void)snprintf(sql, sizeof(sql), "SELECT number FROM webhooks WHERE name = '%s'", name);
    return stage_number(stage, sql);
}

const struct webhook_view *view_hook(struct stage *stage, const char *name)
{
    struct command *command = stage_ask(stage, to_hook(stage, COMMAND_GET_WEBHOOK, name));

    assert_int_equal(code_of(command), OK);
    return &command->reply.webhooks[0];
}

const struct reply *take(struct stage *stage, int64_t webhook)
{
    struct command *command = stage_ask(stage, to_take(stage, webhook, 10, 0));

    assert_int_equal(code_of(command), OK);
    return &command->reply;
}

void settle(struct stage *stage, int64_t webhook, int64_t number, enum delivery_end end)
{
    assert_int_equal(code_of(stage_ask(stage, to_settle(stage, webhook, number, end))), OK);
}

bool tells(const struct delivery_view *delivery, const char *text)
{
    return memmem(delivery->body.at, delivery->body.len, text, strlen(text)) != NULL;
}
