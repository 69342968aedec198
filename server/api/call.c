/* Call: the one path that every operation takes between HTTP and the engine. */
#include "call.h"

#include "access.h"
#include "base/digest.h"
#include "base/parse.h"
#include "header_value.h"

/* ---- the way there ---- */

static bool is_alive(const struct caller *caller)
{
    const struct call *call = caller->ctx;

    /* What was revoked gets no more work, though it waited for some before. */
    if (call->command.kind == COMMAND_CLAIM && !key_is_live(call->command.by))
        return false;
    return request_is_alive(call->request);
}

/* Requests that wait are counted for their token; urgent ones are not held back by others. */
static bool is_to_be_counted(const struct call *call)
{
    return call->command.wait_ms > 0 && key_of(call->command.by) != NULL &&
           !request_is_urgent(call->request);
}

static bool may_wait(struct call *call)
{
    unsigned max = call->api->parked_per_token;

    if (!is_to_be_counted(call) || max == 0 || key_parked(key_of(call->command.by)) < max)
        return true;
    (void)error_set(&call->error, ERR_RATE_LIMITED, "",
                    "%u requests with this token wait already, which is as many as may", max);
    return false;
}

static void count_in(struct call *call)
{
    call->is_counted = is_to_be_counted(call);
    if (call->is_counted)
        key_park(key_of(call->command.by));
}

static void count_out(struct call *call)
{
    if (call->is_counted)
        key_unpark(key_of(call->command.by));
    call->is_counted = false;
}

static void on_done(struct command *command)
{
    struct call *call = command->caller.ctx;

    count_out(call);
    if (command->reply.error.code != OK && command->reply.outcomes_len == 0)
        answer_refuse(call, &command->reply.error);
    else
        call->operation->answer(call);
}

/* "/v1", or "/v1/ns/NAME". */
static struct bytes base_of(struct request *request, struct arena *arena)
{
    if (bytes_is(request_ns(request), "default"))
        return BYTES("/v1");
    return arena_printf(arena, "/v1/ns/%.*s", BYTES_ARG(request_ns(request)));
}

struct bytes call_location(const struct call *call, const char *things, struct id id)
{
    struct bytes parts[] = {call->base, BYTES("/"), bytes_of(things), BYTES("/")};
    char *path = arena_alloc(call->arena, call->base.len + strlen(things) + 2 + ID_TEXT_LEN + 1);
    size_t len = 0;

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        memcpy(path + len, parts[i].at, parts[i].len);
        len += parts[i].len;
    }
    id_format(id, path + len);
    return (struct bytes){path, len + ID_TEXT_LEN};
}

static struct call *call_new(struct request *request, const struct operation *operation)
{
    struct arena *arena = request_arena(request);
    struct call *call = arena_alloc(arena, sizeof(*call));

    call->operation = operation;
    call->request = request;
    call->api = request_server_ctx(request);
    call->arena = arena;
    call->base = base_of(request, arena);
    call->command.kind = operation->kind;
    call->command.mem = arena;
    call->command.ns = request_ns(request);
    call->command.request_id = request_id_text(request);
    call->command.by = access_caller(request);
    call->command.address = request_address(request);
    call->command.caller = (struct caller){.ctx = call, .done = on_done, .is_alive = is_alive};
    return call;
}

static enum err refuse_wait(struct call *call)
{
    char text[BOUND_TEXT_MAX];

    bound_format(&call->api->bounds, BOUND_WAIT_MAX, text);
    return error_set(&call->error, ERR_INVALID_FIELD, "?wait",
                     "must be a number of seconds from 0 to %.15g (%s)",
                     (double)call->api->bounds.of[BOUND_WAIT_MAX] / 1000, text);
}

static enum err read_wait(struct call *call)
{
    struct bytes text = request_query(call->request, "wait");
    struct preference preference;
    enum err code = preference_read(request_header(call->request, "prefer"), &call->api->bounds,
                                    &preference, &call->error);

    if (code != OK)
        return code;
    if (text.at != NULL)
        return parse_seconds(text, call->api->bounds.of[BOUND_WAIT_MAX], &call->command.wait_ms)
                   ? OK
                   : refuse_wait(call);
    if (preference.wait_s < 0)
        return OK;
    call->command.wait_ms = preference.wait_s * SECOND_MS;
    call->preference = arena_printf(call->arena, "wait=%d", (int)preference.wait_s);
    return OK;
}

static enum err read_all(struct call *call)
{
    const struct operation *operation = call->operation;
    enum err code = OK;

    if (!name_is_valid(call->command.ns))
        return error_set(&call->error, ERR_NOT_FOUND, "", "there is no such namespace");
    if (!operation->any_query)
        code = call_check_query(call->request, operation->query, operation->waits, &call->error);
    if (code == OK && operation->waits)
        code = read_wait(call);
    if (code == OK && operation->decode != NULL)
        code = operation->decode(call);
    return code;
}

void call_post(struct call *call)
{
    engine_post(call->api->engine, &call->command);
}

void call_run_with(struct request *request, const struct operation *operation, struct bytes body)
{
    struct call *call = call_new(request, operation);

    call->body = body;
    if (access_check_again(call->api, request, &call->error) != OK || read_all(call) != OK ||
        (!call->is_settled && !may_wait(call))) {
        answer_refuse(call, &call->error);
    } else if (call->is_settled) {
        operation->answer(call);
    } else if (request_park(request, call->command.wait_ms > 0)) {
        count_in(call);
        call_post(call);
    }
}

void call_run(struct request *request, const struct operation *operation)
{
    call_run_with(request, operation, request_body(request));
}

/* ---- decoding ---- */

static bool is_known(struct bytes name, const char *const *known)
{
    for (; known != NULL && *known != NULL; known++)
        if (bytes_is(name, *known))
            return true;
    return false;
}

enum err call_check_query(struct request *request, const char *const *known, bool waits,
                          struct error *error)
{
    struct bytes name;
    struct bytes value;
    char where[64];

    for (unsigned i = 0; request_query_at(request, i, &name, &value); i++) {
        if (is_known(name, known) || (waits && bytes_is(name, "wait")))
            continue;

        const char *near = known != NULL ? hint_near(name, known) : NULL;

        (void)snprintf(where, sizeof(where), "?%.*s", BYTES_ARG(name));
        if (near != NULL)
            return error_set(error, ERR_INVALID_FIELD, where,
                             "there is no such parameter here; did you mean %s?", near);
        return error_set(error, ERR_INVALID_FIELD, where, "there is no such parameter here");
    }
    return OK;
}

enum err call_id(struct call *call, struct id *ret_id)
{
    if (!id_parse(request_param(call->request, "id"), ret_id))
        return error_set(&call->error, ERR_NOT_FOUND, "", "the id in the path is not one (a UUID)");
    return OK;
}

enum err call_queue(struct call *call, struct bytes *ret_queue)
{
    *ret_queue = request_param(call->request, "queue");
    if (!name_is_valid(*ret_queue))
        return error_set(&call->error, ERR_INVALID_FIELD, "",
                         "a queue's name is 1 to %d characters of A-Z a-z 0-9 . _ : - "
                         "(name_max: %d)",
                         (int)call->api->bounds.of[BOUND_NAME_MAX],
                         (int)call->api->bounds.of[BOUND_NAME_MAX]);
    return OK;
}

enum err call_new_queue(struct call *call, struct bytes *ret_queue)
{
    const struct bounds *bounds = &call->api->bounds;
    enum err code = call_queue(call, ret_queue);

    if (code == OK && (int64_t)ret_queue->len > bounds->of[BOUND_NAME_MAX])
        return bound_refuse(bounds, BOUND_NAME_MAX, ret_queue->len, "", &call->error);
    return code;
}

enum err call_if_match(struct call *call, int64_t *ret_version)
{
    return version_read(request_header(call->request, "if-match"), "If-Match", false, ret_version,
                        &call->error);
}

static enum err if_none_match(struct call *call, int64_t *ret_version)
{
    return version_read(request_header(call->request, "if-none-match"), "If-None-Match", true,
                        ret_version, &call->error);
}

enum err call_seen(struct call *call)
{
    call->extra = arena_alloc(call->arena, sizeof(int64_t));
    return if_none_match(call, call->extra);
}

enum err call_if_absent(struct call *call, bool *ret_if_absent)
{
    int64_t seen = VERSION_UNASKED;
    enum err code = if_none_match(call, &seen);

    *ret_if_absent = seen == VERSION_ANY;
    if (code == OK && seen != VERSION_UNASKED && seen != VERSION_ANY)
        code = error_set(&call->error, ERR_INVALID_FIELD, "If-None-Match", "can only be * here");
    return code;
}

enum err call_flag(struct call *call, const char *name, bool *ret_flag)
{
    struct bytes text = request_query(call->request, name);
    char where[64];

    *ret_flag = false;
    if (text.at == NULL || parse_bool(text, ret_flag))
        return OK;
    (void)snprintf(where, sizeof(where), "?%s", name);
    return error_set(&call->error, ERR_INVALID_FIELD, where, "must be 1, 0, true or false");
}

enum err call_until(struct call *call, enum until *ret_until, bool *ret_on_disconnect,
                    bool *ret_on_timeout)
{
    static const char *const WORDS[] = {
        [UNTIL_FINISHED] = "finished", [UNTIL_STARTED] = "started", [UNTIL_ACCEPTED] = "accepted"};
    struct bytes until = request_query(call->request, "until");
    struct bytes on_timeout = request_query(call->request, "on_timeout");
    unsigned at = UNTIL_FINISHED;

    while (until.at != NULL && at < ARRAY_LEN(WORDS) && !bytes_is(until, WORDS[at]))
        at++;
    if (at == ARRAY_LEN(WORDS))
        return error_set(&call->error, ERR_INVALID_FIELD, "?until",
                         "must be one of accepted started finished");
    *ret_until = (enum until)at;
    if (on_timeout.at != NULL && !bytes_is(on_timeout, "cancel"))
        return error_set(&call->error, ERR_INVALID_FIELD, "?on_timeout", "can only be cancel");
    *ret_on_timeout = on_timeout.at != NULL;
    return call_flag(call, "cancel_on_disconnect", ret_on_disconnect);
}

struct codec call_codec(struct call *call)
{
    return (struct codec){.bounds = &call->api->bounds,
                          .arena = call->arena,
                          .error = &call->error,
                          .push_policy = call->api->push_policy,
                          .by = call->command.by,
                          .now_ms = api_now(call->api).wall_ms};
}

enum err call_body(struct call *call, const struct shape *shape, void *target, unsigned *ret_given)
{
    struct codec codec = call_codec(call);

    return codec_body(&codec, call->body, shape, target, ret_given);
}

enum err call_no_members(struct call *call)
{
    static const struct shape NOTHING = {.fields = NULL};

    return call_body(call, &NOTHING, NULL, NULL);
}

/* What stands behind "/v1" or "/v1/ns/NAME", as it was sent. Counted in slashes, since any of it
 * may have been escaped. */
static struct bytes path_in_namespace(struct bytes path)
{
    struct bytes rest = path, part;
    unsigned parts = 2; /* the empty one before the first slash, and "v1" */

    for (unsigned i = 0; i < parts && bytes_split(&rest, '/', &part); i++)
        if (i == 1 && bytes_starts(rest, "ns/"))
            parts = 4;
    return rest;
}

enum err call_idempotency(struct call *call)
{
    struct idempotency *idempotency = &call->command.idempotency;
    struct request *request = call->request;
    struct bytes path = path_in_namespace(request_path(request));
    enum err code =
        idempotency_key_read(request_header(request, "idempotency-key"), &call->api->bounds,
                             call->arena, &idempotency->key, &call->error);

    if (code != OK || idempotency->key.at == NULL)
        return code;
    /* The same thing addressed in two ways is one scope: keys are kept per namespace. */
    idempotency->scope = arena_printf(call->arena, "%.*s /v1/%.*s",
                                      BYTES_ARG(request_method(request)), BYTES_ARG(path));

    struct bytes parts[] = {idempotency->scope, request_raw_query(request), call->body};

    digest_hex(digest_of(parts, ARRAY_LEN(parts)), idempotency->fingerprint.at);
    return OK;
}
