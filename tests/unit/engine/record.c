/* Record: the chain is made again from the rows, and acts are listed. */
#include "record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/time_text.h"
#include "brain.h"
#include "domain/chain.h"

static struct digest hash_of(const struct audit_row *row, struct digest before)
{
    char at[TIME_TEXT_LEN + 1];
    struct chain_link link = {
        .number = row->number,
        .ns = row->ns_name,
        .actor = row->actor,
        .address = row->address,
        .request_id = row->request_id,
        .action = row->action,
        .object = row->object,
        .detail = row->detail,
    };

    time_write(row->at_ms, at);
    link.at = bytes_of(at);
    return chain_next(before, &link);
}

int64_t assert_record_is_whole(struct stage *stage)
{
    struct digest before = chain_start();
    struct db_rows *rows = audit_walk(stage->engine->db, false, 0, 1000);
    int64_t len = 0;

    while (db_step(rows)) {
        struct audit_row row;

        audit_read_row(rows, &row);
        assert_int_equal(row.number, ++len);
        before = hash_of(&row, before);
        assert_memory_equal(&row.hash, &before, sizeof(before));
    }
    assert_int_equal(stage->engine->hot.audit.number, len);
    return len;
}

struct command *to_list_audit(struct stage *stage, unsigned limit)
{
    struct command *command = stage_make(stage, COMMAND_LIST_AUDIT);

    command->ns = BYTES_NONE;
    command->in.audit = (struct audit_query){
        .limit = limit, .created_after_ms = -1, .created_before_ms = -1, .after_number = -1};
    return command;
}

int64_t acts_of(struct stage *stage, const char *action)
{
    struct command *list = to_list_audit(stage, 500);

    list->in.audit.actions = bytes_of(action);
    return stage_ask(stage, list)->reply.audit_len;
}

const struct audit_view *last_act(struct stage *stage)
{
    struct command *list = to_list_audit(stage, 1);

    list->in.audit.newest_first = true;
    assert_int_equal(stage_ask(stage, list)->reply.audit_len, 1);
    return &list->reply.audit[0];
}
