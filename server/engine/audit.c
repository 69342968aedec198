/* Audit: rows of the record, each with the hash that ties it to the one before. */
#include "audit.h"

#include "base/log.h"
#include "base/time_text.h"
#include "domain/bounds.h"
#include "domain/chain.h"
#include "handlers.h"
#include "store/repo_access.h"

enum { DETAIL_BYTES_MAX = 4 << 20 };

#define ROWS_KEPT_MS (90 * DAY_MS)

/* ---- rows ---- */

static struct digest link_of(const struct audit_row *row, struct digest before)
{
    char at[TIME_TEXT_LEN + 1];

    time_write(row->at_ms, at);

    struct chain_link link = {
        .number = row->number,
        .at = bytes_of(at),
        .ns = row->ns_name,
        .actor = row->actor,
        .address = row->address,
        .request_id = row->request_id,
        .action = row->action,
        .object = row->object,
        .detail = row->detail,
    };

    return chain_next(before, &link);
}

/* The row follows the last one, in memory at once: an undone batch puts the old end back. */
static void append(struct db *db, struct chain_end *end, struct audit_row *row)
{
    row->number = end->number + 1;
    row->hash = link_of(row, end->hash);
    audit_insert(db, row);
    *end = (struct chain_end){row->number, row->hash};
}

static const struct principal *actor_of(const struct command *command)
{
    return command != NULL ? command->by : &principal_broker;
}

void audit_write(struct batch *batch, const struct command *command, const struct audit_act *act)
{
    struct audit_row row = {
        .at_ms = batch->now.wall_ms,
        .ns = act->ns != NULL ? act->ns->head.number : 0,
        .ns_name = act->ns != NULL ? act->ns->name : act->ns_name,
        .actor = actor_of(command)->id,
        .address = command != NULL ? command->address : BYTES_NONE,
        .request_id = command != NULL ? command->request_id : BYTES_NONE,
        .action = act->action,
        .object = act->object,
        .detail = act->detail.at != NULL ? act->detail : BYTES("{}"),
    };

    append(batch->db, &batch->hot->audit, &row);
    batch->rows++;
}

void audit_queue(struct batch *batch, const struct command *command, const char *action,
                 const struct hot_queue *queue, struct bytes detail)
{
    struct audit_act act = {
        .ns = queue->ns,
        .action = bytes_of(action),
        .object = queue->name,
        .detail = detail,
    };

    audit_write(batch, command, &act);
}

/* ---- details ---- */

void audit_detail_begin(struct audit_detail *detail)
{
    buffer_init(&detail->buffer, DETAIL_BYTES_MAX);
    json_out_init(&detail->out, &detail->buffer);
    json_out_object(&detail->out);
}

struct bytes audit_detail_end(struct audit_detail *detail, struct arena *arena)
{
    struct bytes text;

    json_out_object_end(&detail->out);
    text = arena_bytes(arena, buffer_bytes(&detail->buffer));
    buffer_fini(&detail->buffer);
    return text;
}

/* ---- start, and the broom ---- */

static void write_started(struct engine *engine)
{
    struct audit_detail detail;
    struct audit_row row = {
        .at_ms = engine->started.wall_ms,
        .actor = principal_broker.id,
        .action = BYTES("broker.started"),
    };

    audit_detail_begin(&detail);
    json_member_text_or_null(&detail.out, "version", bytes_of(engine->options.version));
    row.detail = audit_detail_end(&detail, engine->batch_mem);
    append(engine->db, &engine->hot.audit, &row);
}

void audit_start(struct engine *engine)
{
    struct chain_end before;

    audit_last(engine->db, &engine->hot.audit.number, &engine->hot.audit.hash);
    before = engine->hot.audit;
    db_begin(engine->db);
    write_started(engine);
    db_commit(engine->db);
    if (db_failure(engine->db) != DB_FULL)
        return;
    db_rollback(engine->db);
    engine->hot.audit = before;
    log_event(LOG_WARN, "audit.full", "the disk is full: this start is not in the record", );
}

int64_t audit_sweep(struct batch *batch, unsigned max)
{
    return audit_trim(batch->db, batch->now.wall_ms - ROWS_KEPT_MS, max);
}

/* ---- what others note ---- */

void run_NOTE(struct batch *batch, struct command *command)
{
    const struct audit_note *note = &command->in.note;
    struct audit_act act = {.action = note->action, .object = note->object, .detail = note->detail};

    audit_write(batch, command, &act);
    batch_answer(batch, command);
}
