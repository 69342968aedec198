/* Tokens: made, replaced and revoked, each with its row in the record. Their secrets never come
 * here. */
#include "audit.h"
#include "handlers.h"
#include "quotas.h"
#include "store/repo_access.h"

/* ---- what there is besides one ---- */

static bool are_others(const struct batch *batch, const struct command *command, struct bytes id)
{
    return command->in.token.has_file_token || token_is_other(batch->db, id);
}

/* One that ends before it is no other: whoever makes a short-lived admin's must not lock the rest
 * out with it. */
static bool is_other_ruler(const struct batch *batch, const struct command *command,
                           const struct token_record *than)
{
    int64_t until_ms = than->expires_at_ms < 0 ? INT64_MAX : than->expires_at_ms - 1;

    if (until_ms < batch->now.wall_ms)
        until_ms = batch->now.wall_ms;
    return command->in.token.has_file_admin || token_is_other_ruler(batch->db, than->id, until_ms);
}

void engine_each_token(struct engine *engine,
                       void (*each)(void *ctx, const struct token_record *token), void *ctx)
{
    token_each(engine->db, each, ctx);
}

/* ---- the record ---- */

/* A tenant sees what was done to its tokens: those of one namespace only are that namespace's. */
static struct bytes sole_ns(const struct grant *grant)
{
    for (size_t i = 0; i < grant->ns.len; i++)
        if (grant->ns.at[i] == '*' || grant->ns.at[i] == ',')
            return BYTES_NONE;
    return grant->ns;
}

static void note(struct batch *batch, const struct command *command, const char *action,
                 const struct token_record *token, struct bytes detail)
{
    struct audit_act act = {
        .ns_name = sole_ns(&token->grant),
        .action = bytes_of(action),
        .object = token->id,
        .detail = detail,
    };

    audit_write(batch, command, &act);
}

static void write_token(struct json_out *out, const struct token_record *token)
{
    json_member_text_or_null(out, "name", token->name);
    json_member_text(out, "role", bytes_of(role_name(token->grant.role)));
    json_member_text(out, "namespace", token->grant.ns);
    json_member_text(out, "queue", token->grant.queues);
    json_member_time_or_null(out, "expires_at", token->expires_at_ms);
}

/* opened: it was the last one, and from here on nobody needs any. */
static struct bytes detail_of(const struct batch *batch, const struct token_record *token,
                              bool opened)
{
    struct audit_detail detail;

    audit_detail_begin(&detail);
    write_token(&detail.out, token);
    if (opened)
        json_member_bool(&detail.out, "opened", true);
    return audit_detail_end(&detail, batch->mem);
}

/* ---- make ---- */

static bool may_make(struct batch *batch, struct command *command)
{
    const struct token_ask *ask = &command->in.token;
    bool is_first = !are_others(batch, command, BYTES(""));
    struct token_record same;

    if (is_first && !grant_rules_all(&ask->grant)) {
        batch_refuse(batch, command, ERR_STATE_CONFLICT, "",
                     "the first token must be an admin's over every namespace and queue");
        return false;
    }
    /* Asked while anybody might; since then somebody has closed the door. */
    if (!is_first && command->by->is_open) {
        batch_refuse(batch, command, ERR_STATE_CONFLICT, "",
                     "a token was made meanwhile; from now on one is needed");
        return false;
    }
    if (token_load(batch->db, ask->id, batch->mem, &same)) {
        batch_refuse(batch, command, ERR_STATE_CONFLICT, "",
                     "the id that was drawn is taken; ask again");
        return false;
    }
    return quota_admits_token(batch, command);
}

static void put(struct batch *batch, struct command *command, const struct token_record *token)
{
    token_insert(batch->db, token);
    batch->rows++;
    command->reply.token = *token;
    command->reply.created = true;
}

void run_MAKE_TOKEN(struct batch *batch, struct command *command)
{
    const struct token_ask *ask = &command->in.token;
    const struct principal *giver = command->by;
    int64_t now_ms = batch->now.wall_ms;
    struct token_record token = {
        .id = ask->id,
        .name = ask->name,
        .hash = ask->hash,
        .grant = ask->grant,
        .created_at_ms = now_ms,
        .created_by = giver->is_open ? BYTES_NONE : giver->id,
        .expires_at_ms = ask->expires_at_ms,
        .life_ms = ask->expires_at_ms < 0 ? -1 : ask->expires_at_ms - now_ms,
        .last_used_at_ms = -1,
    };

    if (!may_make(batch, command))
        return;
    put(batch, command, &token);
    note(batch, command, "token.created", &token, detail_of(batch, &token, false));
    batch_answer(batch, command);
}

/* ---- rotate ---- */

static bool find_token(struct batch *batch, struct command *command, struct token_record *ret_token)
{
    if (token_load(batch->db, command->in.token.id, command->mem, ret_token))
        return true;
    batch_refuse(batch, command, ERR_NOT_FOUND, "", "there is no such token");
    return false;
}

/* The same again, from now on for as long as the old one was first made for. */
static struct token_record successor_of(const struct token_record *old,
                                        const struct command *command, int64_t now_ms)
{
    struct token_record token = *old;

    token.id = command->in.token.new_id;
    token.hash = command->in.token.hash;
    token.created_at_ms = now_ms;
    token.created_by = command->by->id;
    token.replaces = old->id;
    token.expires_at_ms = old->life_ms < 0 ? -1 : now_ms + old->life_ms;
    token.last_used_at_ms = -1;
    return token;
}

static struct bytes exchange_detail(const struct batch *batch, const struct token_record *token,
                                    int64_t old_ends_at_ms)
{
    struct audit_detail detail;

    audit_detail_begin(&detail);
    json_member_text(&detail.out, "new", token->id);
    json_member_time_or_null(&detail.out, "old_expires_at", old_ends_at_ms);
    write_token(&detail.out, token);
    return audit_detail_end(&detail, batch->mem);
}

static bool may_rotate(struct batch *batch, struct command *command, const struct token_record *old)
{
    struct token_record same;

    if (token_has_ended(old->expires_at_ms, batch->now.wall_ms)) {
        batch_refuse(batch, command, ERR_STATE_CONFLICT, "", "the token has expired; make another");
        return false;
    }
    if (token_load(batch->db, command->in.token.new_id, batch->mem, &same)) {
        batch_refuse(batch, command, ERR_STATE_CONFLICT, "",
                     "the id that was drawn is taken; ask again");
        return false;
    }
    return quota_admits_token(batch, command);
}

void run_ROTATE_TOKEN(struct batch *batch, struct command *command)
{
    int64_t now_ms = batch->now.wall_ms;
    int64_t ends_at_ms = now_ms + command->in.token.overlap_ms;
    struct token_record old;

    if (!find_token(batch, command, &old) || !may_rotate(batch, command, &old))
        return;

    struct token_record token = successor_of(&old, command, now_ms);

    if (old.expires_at_ms >= 0 && old.expires_at_ms < ends_at_ms)
        ends_at_ms = old.expires_at_ms;
    put(batch, command, &token);
    token_expire(batch->db, old.id, ends_at_ms);
    command->reply.token_ends_at_ms = ends_at_ms;
    note(batch, command, "token.rotated", &old, exchange_detail(batch, &token, ends_at_ms));
    batch_answer(batch, command);
}

/* ---- revoke ---- */

static bool may_revoke(struct batch *batch, struct command *command,
                       const struct token_record *token, bool *ret_opens)
{
    bool is_last = !are_others(batch, command, token->id);
    bool rules = token_rules_all(&token->grant, token->expires_at_ms, batch->now.wall_ms);

    *ret_opens = is_last;
    if (!is_last && rules && !is_other_ruler(batch, command, token)) {
        batch_refuse(
            batch, command, ERR_STATE_CONFLICT, "",
            "it is the last admin's over everything, or the one that lasts longest; revoke "
            "the others first, or make another admin's");
        return false;
    }
    if (is_last && !command->in.token.may_be_open) {
        batch_refuse(batch, command, ERR_STATE_CONFLICT, "",
                     "it is the last token, and without any only loopback may be served");
        return false;
    }
    return true;
}

void run_REVOKE_TOKEN(struct batch *batch, struct command *command)
{
    struct token_record token;
    bool opens;

    if (!find_token(batch, command, &token) || !may_revoke(batch, command, &token, &opens))
        return;
    token_delete(batch->db, token.id);
    batch->rows++;
    note(batch, command, "token.revoked", &token, detail_of(batch, &token, opens));
    batch_answer(batch, command);
}

/* ---- use ---- */

void run_NOTE_TOKEN_USES(struct batch *batch, struct command *command)
{
    const struct token_uses *uses = &command->in.token_uses;

    for (unsigned i = 0; i < uses->len; i++)
        token_use(batch->db, uses->at[i].id, uses->at[i].at_ms);
    batch->rows += uses->len;
    batch_answer(batch, command);
}

/* ---- the broom ---- */

/* The last of the store stays, so that what has ended long ago does not leave the broker open. */
static bool is_to_go(const struct batch *batch, const struct token_record *token)
{
    return token->expires_at_ms >= 0 &&
           token_has_ended(token->expires_at_ms + TOKEN_KEPT_MS, batch->now.wall_ms) &&
           token_is_other(batch->db, token->id);
}

void run_SWEEP_TOKENS(struct batch *batch, struct command *command)
{
    const struct token_uses *ended = &command->in.token_uses;
    struct reply *reply = &command->reply;
    struct token_record token;

    reply->swept = arena_alloc(command->mem, ended->len * sizeof(*reply->swept));
    reply->swept_len = 0;
    for (unsigned i = 0; i < ended->len; i++) {
        if (!token_load(batch->db, ended->at[i].id, command->mem, &token) ||
            !is_to_go(batch, &token))
            continue;
        token_delete(batch->db, token.id);
        batch->rows++;
        note(batch, command, "token.expired", &token, detail_of(batch, &token, false));
        reply->swept[reply->swept_len++] = token.id;
    }
    batch_answer(batch, command);
}
