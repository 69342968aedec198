/* Tokens: made, shown, replaced and revoked. The keyring follows what the engine has written. */
#include <string.h>

#include "base/log.h"
#include "call.h"
#include "codec_token.h"
#include "handlers.h"
#include "list.h"
#include "wire_access.h"

/* A secret lives here from its drawing to the one answer that carries it. */
struct drawn {
    char text[TOKEN_TEXT_LEN + 1];
};

static const struct grant *own_grant(const struct call *call)
{
    return &call->command.by->grant;
}

/* Tokens are the broker's: the caller's namespace says nothing about what is asked. */
static void ask_broker(struct call *call)
{
    call->command.ns = BYTES_NONE;
}

/* ---- what there is ---- */

/* A token that reaches further than the caller's own does not exist for it. */
static enum err find_key(struct call *call, const struct key_facts **ret_key)
{
    const struct key_facts *key =
        keyring_find(call->api->keyring, request_param(call->request, "token"));

    if (key == NULL || !grant_covers(own_grant(call), &key->who.grant))
        return error_set(&call->error, ERR_NOT_FOUND, "", "there is no such token");
    *ret_key = key;
    return OK;
}

static enum err find_stored(struct call *call, const struct key_facts **ret_key)
{
    enum err code = find_key(call, ret_key);

    if (code == OK && (*ret_key)->source == KEY_FROM_FILE)
        return error_set(&call->error, ERR_STATE_CONFLICT, "",
                         "the token is of the token file: change its line and send SIGHUP");
    return code;
}

/* The engine knows the store's tokens only. */
static void tell_of_file(struct call *call)
{
    const struct keyring *keyring = call->api->keyring;
    struct token_ask *ask = &call->command.in.token;

    ask->has_file_token = keyring_len(keyring, KEY_FROM_FILE) > 0;
    ask->has_file_admin = keyring_has_ruler(keyring, KEY_FROM_FILE, api_now(call->api).wall_ms);
    ask->may_be_open = call->api->serves_loopback_only;
}

/* ---- make ---- */

static struct bytes draw(struct call *call, struct digest *ret_hash)
{
    struct drawn *drawn = arena_alloc(call->arena, sizeof(*drawn));
    struct random_source random = random_system();
    struct bytes id;

    do {
        token_make(&random, drawn->text);
        id = (struct bytes){drawn->text + 4, TOKEN_ID_LEN};
    } while (keyring_find(call->api->keyring, id) != NULL);
    *ret_hash = token_hash((struct bytes){drawn->text, TOKEN_TEXT_LEN});
    call->extra = drawn;
    return arena_bytes(call->arena, id);
}

/* What was not said is the path's namespace, or as far as the giver reaches. */
static struct grant grant_of(const struct call *call, const struct token_draft *draft)
{
    const struct grant *own = own_grant(call);
    struct grant grant = {.role = (enum role)draft->role, .ns = draft->ns, .queues = draft->queues};

    if (grant.ns.at == NULL)
        grant.ns = request_names_ns(call->request) ? request_ns(call->request) : own->ns;
    if (grant.queues.at == NULL)
        grant.queues = own->queues;
    return grant;
}

static enum err decode_make(struct call *call)
{
    struct token_ask *ask = &call->command.in.token;
    int64_t now_ms = api_now(call->api).wall_ms;
    struct token_draft draft;
    struct codec codec = call_codec(call);
    enum err code = token_draft_read(&codec, call->body, &draft);

    if (code != OK)
        return code;
    if (draft.expires_at_ms >= 0 && draft.expires_at_ms <= now_ms)
        return error_set(&call->error, ERR_INVALID_FIELD, "/expires_at", "must lie ahead");
    ask->grant = grant_of(call, &draft);
    if (!grant_covers(own_grant(call), &ask->grant))
        return error_set(&call->error, ERR_FORBIDDEN, "",
                         "the new token would reach further than the one it is made with");
    ask->name = draft.name;
    ask->expires_at_ms =
        draft.expires_in_ms >= 0 ? now_ms + draft.expires_in_ms : draft.expires_at_ms;
    ask->id = draw(call, &ask->hash);
    tell_of_file(call);
    ask_broker(call);
    return OK;
}

static void answer_made(struct call *call)
{
    struct key_facts facts = key_facts_of(&call->command.reply.token);
    struct drawn *drawn = call->extra;
    struct answer answer;

    keyring_put(call->api->keyring, &facts);
    answer_begin(&answer);
    wire_token_made(&answer.out, &facts, (struct bytes){drawn->text, TOKEN_TEXT_LEN});
    explicit_bzero(drawn, sizeof(*drawn));
    request_add_header(call->request, "Cache-Control", BYTES("no-store"));
    request_add_header(call->request, "Location",
                       arena_printf(call->arena, "/v1/tokens/%.*s", BYTES_ARG(facts.who.id)));
    answer_send(call, 201, &answer);
}

void op_make_token(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_MAKE_TOKEN, .decode = decode_make, .answer = answer_made};

    call_run(request, &OPERATION);
}

/* ---- rotate ---- */

static enum err decode_rotate(struct call *call)
{
    struct token_ask *ask = &call->command.in.token;
    const struct key_facts *key;
    struct codec codec = call_codec(call);
    enum err code = find_stored(call, &key);

    if (code == OK)
        code = token_overlap_read(&codec, call->body, &ask->overlap_ms);
    if (code != OK)
        return code;
    ask->id = arena_bytes(call->arena, key->who.id);
    ask->new_id = draw(call, &ask->hash);
    ask_broker(call);
    return OK;
}

static void answer_rotated(struct call *call)
{
    const struct reply *reply = &call->command.reply;

    keyring_set_expiry(call->api->keyring, call->command.in.token.id, reply->token_ends_at_ms);
    answer_made(call);
}

void op_rotate_token(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_ROTATE_TOKEN, .decode = decode_rotate, .answer = answer_rotated};

    call_run(request, &OPERATION);
}

/* ---- revoke ---- */

static enum err decode_revoke(struct call *call)
{
    const struct key_facts *key;
    enum err code = find_stored(call, &key);

    if (code != OK)
        return code;
    call->command.in.token.id = arena_bytes(call->arena, key->who.id);
    tell_of_file(call);
    ask_broker(call);
    return OK;
}

static void answer_revoked(struct call *call)
{
    (void)keyring_drop(call->api->keyring, call->command.in.token.id);
    if (keyring_is_open(call->api->keyring))
        log_event(LOG_WARN, "access.open",
                  "the last token was revoked: every user of this machine may do everything again",
                  LOG_TEXT_FIELD("token", call->command.in.token.id), );
    answer_status(call, 204);
}

void op_revoke_token(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_REVOKE_TOKEN, .decode = decode_revoke, .answer = answer_revoked};

    call_run(request, &OPERATION);
}

/* ---- look: the keyring knows all, the engine is not asked ---- */

static enum err decode_get(struct call *call)
{
    const struct key_facts *key = NULL;
    enum err code = find_key(call, &key);

    call->extra = arena_copy(call->arena, &key, sizeof(key));
    call->is_settled = true;
    return code;
}

static void answer_get(struct call *call)
{
    const struct key_facts *const *key = call->extra;
    struct answer answer;

    answer_begin(&answer);
    wire_token(&answer.out, *key);
    answer_send(call, 200, &answer);
}

void op_get_token(struct request *request)
{
    static const struct operation OPERATION = {.decode = decode_get, .answer = answer_get};

    call_run(request, &OPERATION);
}

static enum err decode_list(struct call *call)
{
    call->is_settled = true;
    return list_read_page(call, "tokens", NULL);
}

static void write_item(struct call *call, struct json_out *out, const void *item)
{
    (void)call;
    wire_token(out, item);
}

/* By the time they were made; those of the file, which say none, stand last. */
static void answer_list(struct call *call)
{
    const struct keyring *keyring = call->api->keyring;
    size_t len_max = keyring_len(keyring, KEY_FROM_STORE) + keyring_len(keyring, KEY_FROM_FILE);
    struct list_entry *entries = arena_alloc(call->arena, len_max * sizeof(*entries));
    const struct key_facts *key;
    unsigned len = 0;

    for (size_t at = 0; (key = keyring_each(keyring, &at)) != NULL;) {
        if (!grant_covers(own_grant(call), &key->who.grant))
            continue;
        entries[len].item = key;
        entries[len++].place = list_place(call, key->created_at_ms, key->who.id);
    }
    list_answer(call, entries, len, write_item);
}

void op_list_tokens(struct request *request)
{
    static const char *const QUERY[] = {"limit", "cursor", NULL};
    static const struct operation OPERATION = {
        .decode = decode_list, .answer = answer_list, .query = QUERY};

    call_run(request, &OPERATION);
}
