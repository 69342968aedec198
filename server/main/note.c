/* Note: what this process tells the engine for the record, without waiting for an answer. */
#include "note.h"

#include "base/json_out.h"

enum { DETAIL_MAX = 65536 };

static void free_command(struct command *command)
{
    arena_free(command->mem);
}

static struct command *new_command(enum command_kind kind)
{
    struct arena *mem = arena_new();
    struct command *command = arena_alloc(mem, sizeof(*command));

    command->kind = kind;
    command->mem = mem;
    command->by = &principal_broker;
    command->caller.done = free_command;
    return command;
}

/* A row about a setting's file, its detail still to be written. */
struct row {
    struct command *command;
    struct buffer detail;
    struct json_out out;
};

static void row_begin(struct row *row, struct bytes action, const char *setting)
{
    row->command = new_command(COMMAND_NOTE);
    row->command->in.note.action = action;
    row->command->in.note.object = arena_bytes(row->command->mem, bytes_of(setting));
    buffer_init(&row->detail, DETAIL_MAX);
    json_out_init(&row->out, &row->detail);
    json_out_object(&row->out);
}

static void row_end(struct row *row, struct broker *broker)
{
    struct command *command = row->command;

    json_out_object_end(&row->out);
    command->in.note.detail = arena_bytes(command->mem, buffer_bytes(&row->detail));
    buffer_fini(&row->detail);
    engine_post(broker->engine, command);
}

static void write_file(struct row *row, const struct broker *broker, enum knob knob,
                       int64_t modified_at_ms)
{
    json_member_text(&row->out, "file", bytes_of(config_text(broker->config, knob)));
    json_member_time_or_null(&row->out, "modified_at", modified_at_ms);
}

void note_tokens_reloaded(struct broker *broker, const struct tokens_change *change)
{
    struct row row;

    row_begin(&row, BYTES("config.reloaded"), "token_file");
    write_file(&row, broker, KNOB_TOKEN_FILE, broker->read_at_ms.tokens);
    json_member_int(&row.out, "tokens", (int64_t)change->len);
    json_member_int(&row.out, "tokens_added", (int64_t)change->added);
    json_member_int(&row.out, "tokens_dropped", (int64_t)change->dropped);
    json_member_int(&row.out, "tokens_kept", (int64_t)change->kept);
    row_end(&row, broker);
}

void note_tls_reloaded(struct broker *broker, bool is_modified)
{
    struct row row;

    row_begin(&row, BYTES("config.reloaded"), "tls_cert");
    write_file(&row, broker, KNOB_TLS_CERT, broker->read_at_ms.cert);
    json_member_bool(&row.out, "modified", is_modified);
    row_end(&row, broker);
}

void note_not_reloaded(struct broker *broker, const char *setting, const char *reason)
{
    struct row row;

    row_begin(&row, BYTES("config.not_reloaded"), setting);
    json_member_text(&row.out, "reason", bytes_of(reason));
    row_end(&row, broker);
}
