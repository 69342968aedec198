/* Wire of access: a token without its secret, but for once; a row of the record with its hash. */
#include "wire_access.h"

static void write_members(struct json_out *out, const struct key_facts *token)
{
    const struct grant *grant = &token->who.grant;
    bool is_of_file = token->source == KEY_FROM_FILE;

    json_member_text(out, "id", token->who.id);
    json_member_text_or_null(out, "name", token->who.name);
    json_member_text(out, "role", bytes_of(role_name(grant->role)));
    json_member_text(out, "namespace", grant->ns);
    json_member_text(out, "queue", grant->queues);
    json_member_text(out, "source", is_of_file ? BYTES("file") : BYTES("api"));
    json_member_time_or_null(out, "created_at", token->created_at_ms);
    json_member_text_or_null(out, "created_by", token->created_by);
    json_member_time_or_null(out, "expires_at", token->expires_at_ms);
    json_member_time_or_null(out, "last_used_at", token->last_used_at_ms);
    json_member_text_or_null(out, "replaces", token->replaces);
}

void wire_token(struct json_out *out, const struct key_facts *token)
{
    json_out_object(out);
    write_members(out, token);
    json_out_object_end(out);
}

void wire_token_made(struct json_out *out, const struct key_facts *token, struct bytes secret)
{
    json_out_object(out);
    write_members(out, token);
    json_member_text(out, "token", secret);
    json_out_object_end(out);
}

void wire_audit(struct json_out *out, const struct audit_view *row)
{
    json_out_object(out);
    /* Its place in the whole would tell a part how much the others do. */
    json_member_int_or_null(out, "number", row->hash.at != NULL ? row->number : -1);
    json_member_time_or_null(out, "at", row->at_ms);
    json_member_text_or_null(out, "namespace", row->ns);
    json_member_text(out, "actor", row->actor);
    json_member_text_or_null(out, "address", row->address);
    json_member_text_or_null(out, "request_id", row->request_id);
    json_member_text(out, "action", row->action);
    json_member_text_or_null(out, "object", row->object);
    json_member_raw(out, "detail", row->detail);
    json_member_text_or_null(out, "hash", row->hash);
    json_out_object_end(out);
}
