/* Access: who asks, and whether they may. */
#include "access.h"

#include "api/failures.h"
#include "base/json_out.h"
#include "call.h"
#include "domain/bounds.h"
#include "handlers.h"

#include <strings.h>

enum { RETRY_AFTER_MAX_S = 3600, WHOAMI_MAX = 8192, END_ROWS_MAX = 100 };

struct moment api_now(const struct api *api)
{
    return engine_time(api->engine);
}

/* ---- refusals ---- */

/* The same words whatever is wrong with a token, so that nobody learns which it was. */
static enum err refuse_unknown(struct request *request, bool had_token, struct error *error)
{
    request_add_header(request, "WWW-Authenticate",
                       had_token ? BYTES("Bearer realm=\"sluice\", error=\"invalid_token\"")
                                 : BYTES("Bearer realm=\"sluice\""));
    return error_set(error, ERR_UNAUTHORIZED, "",
                     "a valid token is needed: \"Authorization: Bearer TOKEN\", one blank; tokens "
                     "in the query are not read");
}

static enum err refuse_rate(struct request *request, int64_t wait_ms, const char *what,
                            struct error *error)
{
    int64_t wait_s = wait_ms > RETRY_AFTER_MAX_S * SECOND_MS
                         ? RETRY_AFTER_MAX_S
                         : (wait_ms + SECOND_MS - 1) / SECOND_MS;
    char text[24];

    (void)snprintf(text, sizeof(text), "%lld", (long long)(wait_s > 0 ? wait_s : 1));
    request_add_header(request, "Retry-After", bytes_of(text));
    return error_set(error, ERR_RATE_LIMITED, "", "%s; it goes on in %s s", what, text);
}

static enum err refuse_failures(struct request *request, int64_t wait_ms, struct error *error)
{
    return refuse_rate(request, wait_ms, "this address sent too many tokens that are not valid",
                       error);
}

/* ---- the record of wrong tokens ---- */

static void on_noted(struct command *command)
{
    arena_free(command->mem);
}

static void put_on_record(const struct api *api, struct bytes address, struct bytes request_id,
                          unsigned count)
{
    struct arena *arena = arena_new();
    struct command *command = arena_alloc(arena, sizeof(*command));

    *command = (struct command){
        .kind = COMMAND_NOTE,
        .mem = arena,
        .by = &principal_open,
        .request_id = arena_bytes(arena, request_id),
        .address = arena_bytes(arena, address),
        .caller.done = on_noted,
        .in.note = {.action = BYTES("auth.refused"),
                    .detail = arena_printf(arena, "{\"count\":%u}", count)},
    };
    engine_post(api->engine, command);
}

static enum err refuse_wrong(const struct api *api, struct request *request, int64_t now_mono_ms,
                             struct error *error)
{
    struct failures *failures = api->failures;
    struct bytes address = request_address(request);
    int64_t wait_ms = 0;
    bool is_within = failures_add(failures, address, &api->failure_rate, now_mono_ms, &wait_ms);
    unsigned count = failures_take_report(failures, address, now_mono_ms);

    if (count > 0)
        put_on_record(api, address, request_id_text(request), count);
    return is_within ? refuse_unknown(request, true, error)
                     : refuse_failures(request, wait_ms, error);
}

void api_note_refused(const struct api *api, bool is_end)
{
    int64_t now_mono_ms = api_now(api).mono_ms;
    struct failures_rest rest;

    for (int rows = 0; api->failures != NULL && rows < END_ROWS_MAX; rows++) {
        if (!failures_take_rest(api->failures, now_mono_ms, is_end, &rest))
            return;
        put_on_record(api, bytes_of(rest.address), BYTES_NONE, rest.count);
    }
}

/* ---- who asks ---- */

/* The scheme in any case, one blank, the token. */
static bool read_bearer(struct bytes header, struct bytes *ret_token)
{
    static const char SCHEME[] = "bearer ";
    const size_t len = sizeof(SCHEME) - 1;

    if (header.len < len || strncasecmp(header.at, SCHEME, len) != 0)
        return false;
    *ret_token = (struct bytes){header.at + len, header.len - len};
    return true;
}

/* Whom do the wrong tokens of others behind the same address hold up? Nobody whose token we made,
 * since it cannot be guessed. And no urgent request, or leases would run out: of those only short
 * tokens, which somebody could find by trying. */
static bool is_held_up(const struct api *api, const struct request *request,
                       const struct route *route, struct bytes token, int64_t now_mono_ms,
                       int64_t *ret_wait_ms)
{
    bool is_urgent = route != NULL && route->urgent;

    return !token_is_ours(token) && !(is_urgent && token_is_long(token)) &&
           failures_are_too_many(api->failures, request_address(request), &api->failure_rate,
                                 now_mono_ms, ret_wait_ms);
}

static enum err find_key(const struct api *api, struct request *request, const struct route *route,
                         struct moment now, const struct key_facts **ret_key, struct error *error)
{
    struct bytes token;
    int64_t wait_ms;

    if (!read_bearer(request_header(request, "authorization"), &token))
        return refuse_unknown(request, false, error);
    if (is_held_up(api, request, route, token, now.mono_ms, &wait_ms)) {
        failures_count(api->failures, request_address(request));
        return refuse_failures(request, wait_ms, error);
    }
    *ret_key = keyring_match(api->keyring, token, now.wall_ms);
    if (*ret_key == NULL)
        return refuse_wrong(api, request, now.mono_ms, error);
    key_note_use(*ret_key, now.wall_ms);
    return OK;
}

/* ---- what they may ---- */

/* Does what the route shows or changes lie in one namespace? */
static bool is_in_namespace(enum scope scope)
{
    switch (scope) {
    case SCOPE_TASKS_READ:
    case SCOPE_TASKS_SUBMIT:
    case SCOPE_TASKS_ADMIN:
    case SCOPE_WORK:
    case SCOPE_WORKERS_READ:
    case SCOPE_QUEUES_READ:
    case SCOPE_QUEUES_ADMIN:
    case SCOPE_SCHEDULES_READ:
    case SCOPE_SCHEDULES_ADMIN:
    case SCOPE_WEBHOOKS_READ:
    case SCOPE_WEBHOOKS_ADMIN:
        return true;
    case SCOPE_BROKER_READ:
    case SCOPE_METRICS_READ:
    case SCOPE_NAMESPACES_READ:
    case SCOPE_NAMESPACES_ADMIN:
    case SCOPE_TOKENS_ADMIN:
    case SCOPE_AUDIT_READ:
    case SCOPE_SELF_READ:
    case SCOPE_SHUTDOWN:
    case SCOPE_TEST:
    case SCOPE_NONE:
    case SCOPE_MAX:
        break;
    }
    return false;
}

static enum err check_ns(struct request *request, const struct grant *grant, enum scope scope,
                         struct error *error)
{
    struct bytes home;

    if (request_names_ns(request)) {
        if (!grant_has_ns(grant, request_ns(request)))
            return error_set(error, ERR_FORBIDDEN, "", "this token is not for namespace %.*s",
                             BYTES_ARG(request_ns(request)));
        return OK;
    }
    home = grant_home_ns(grant);
    if (home.at != NULL)
        request_set_ns(request, home);
    else if (is_in_namespace(scope))
        return error_set(error, ERR_FORBIDDEN, "",
                         "this token is for several namespaces: say which, as in /v1/ns/NAME/…");
    return OK;
}

/* route NULL: there is no such path. */
static enum err judge(struct request *request, const struct route *route, const struct grant *grant,
                      struct error *error)
{
    enum scope scope = route != NULL ? (enum scope)route->scope : SCOPE_NONE;

    if (!grant_has_scope(grant, scope))
        return error_set(error, ERR_FORBIDDEN, "",
                         "this needs the scope %s, which this token lacks", scope_name(scope));
    return check_ns(request, grant, scope, error);
}

static void let_go(const void *caller)
{
    key_let_go(key_of(caller));
}

enum err api_admit(void *ctx, struct request *request, const struct route *route,
                   struct error *error)
{
    const struct api *api = ctx;
    const struct key_facts *key = NULL;
    struct moment now;
    int64_t wait_ms;
    enum err code;

    if ((route != NULL && route->scope == SCOPE_NONE) || keyring_is_open(api->keyring)) {
        request_set_caller(request, &principal_open, NULL);
        return OK;
    }
    now = api_now(api);
    if ((code = find_key(api, request, route, now, &key, error)) != OK ||
        (code = judge(request, route, &key->who.grant, error)) != OK)
        return code;
    if (!(route != NULL && route->urgent) &&
        !key_take_rate(key, &api->token_rate, now.mono_ms, &wait_ms))
        return refuse_rate(request, wait_ms, "this token sent too many requests", error);
    key_hold(key);
    request_set_caller(request, &key->who, let_go);
    return OK;
}

const struct principal *access_caller(const struct request *request)
{
    const struct principal *who = request_caller(request);

    return who != NULL ? who : &principal_open;
}

/* The principals of the broker's own are no tokens and do not end, but for everybody, when the
 * first token was made. */
bool access_is_valid(const struct api *api, const struct principal *who)
{
    const struct key_facts *key = key_of(who);

    if (key != NULL)
        return key_is_valid(key, key->expires_at_ms >= 0 ? api_now(api).wall_ms : 0);
    return who != &principal_open || api->keyring == NULL || keyring_is_open(api->keyring);
}

enum err access_check_again(const struct api *api, struct request *request, struct error *error)
{
    const struct principal *who = access_caller(request);

    return access_is_valid(api, who) ? OK : refuse_unknown(request, who != &principal_open, error);
}

/* ---- GET /v1/whoami ---- */

static void write_scopes(struct json_out *out, const struct grant *grant)
{
    json_out_key(out, "scopes");
    json_out_array(out);
    for (unsigned scope = 0; scope < SCOPE_NONE; scope++)
        if (grant_has_scope(grant, (enum scope)scope))
            json_out_text(out, bytes_of(scope_name((enum scope)scope)));
    json_out_array_end(out);
}

void op_whoami(struct request *request)
{
    const struct principal *who = access_caller(request);
    const struct key_facts *key = key_of(who);
    struct json_out out;
    struct buffer body;
    struct error error;

    if (call_check_query(request, NULL, false, &error) != OK) {
        request_refuse(request, &error);
        return;
    }
    buffer_init(&body, WHOAMI_MAX);
    json_out_init(&out, &body);
    json_out_object(&out);
    json_member_text_or_null(&out, "id", who->is_open ? BYTES_NONE : who->id);
    json_member_text_or_null(&out, "name", who->name);
    json_member_text(&out, "role", bytes_of(role_name(who->grant.role)));
    json_member_text(&out, "namespace", who->grant.ns);
    json_member_text(&out, "queue", who->grant.queues);
    json_member_time_or_null(&out, "expires_at", key != NULL ? key->expires_at_ms : -1);
    json_member_text_or_null(&out, "home_namespace", grant_home_ns(&who->grant));
    write_scopes(&out, &who->grant);
    json_out_object_end(&out);
    request_answer(request, 200, "application/json", &body);
}
