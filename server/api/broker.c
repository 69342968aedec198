/* Broker: what concerns the process as a whole: health, version, numbers, the contract, shutdown,
 * the test clock. */
#include "base/digest.h"
#include "base/embedded.h"
#include "call.h"
#include "codec.h"
#include "handlers.h"
#include "header_value.h"
#include "wire.h"

static const char *const STATES[] = {[BROKER_STARTING] = "starting",
                                     [BROKER_READY] = "ready",
                                     [BROKER_DRAINING] = "draining",
                                     [BROKER_STOPPED] = "stopped"};

/* ---- answered on the spot ---- */

static bool refuse_query(struct request *request)
{
    struct error error;

    if (call_check_query(request, NULL, false, &error) == OK)
        return false;
    request_refuse(request, &error);
    return true;
}

static void answer_text(struct request *request, int status, const char *type, struct bytes text)
{
    struct buffer body;

    buffer_init(&body, text.len);
    buffer_append(&body, text);
    request_answer(request, status, type, &body);
}

void op_livez(struct request *request)
{
    if (!refuse_query(request))
        answer_text(request, 200, "text/plain", BYTES("ok\n"));
}

void op_readyz(struct request *request)
{
    const struct api *api = request_server_ctx(request);
    enum broker_state state = engine_state(api->engine);
    struct error error;

    if (refuse_query(request))
        return;
    if (state == BROKER_READY && engine_is_ready(api->engine)) {
        answer_text(request, 200, "text/plain", BYTES("ok\n"));
        return;
    }
    if (state == BROKER_READY)
        (void)error_set(&error, ERR_STORE_UNAVAILABLE, "", "the store takes no writes");
    else
        (void)error_set(&error, ERR_DRAINING, "", "the broker is %s", STATES[state]);
    request_refuse(request, &error);
}

void op_get_version(struct request *request)
{
    const struct api *api = request_server_ctx(request);
    struct json_out out;
    struct buffer body;

    if (refuse_query(request))
        return;
    buffer_init(&body, 4096);
    json_out_init(&out, &body);
    json_out_object(&out);
    json_member_text(&out, "version", bytes_of(api->version));
    json_member_text(&out, "commit", bytes_of(api->commit));
    json_member_text(&out, "api", BYTES("v1"));
    json_member_text(&out, "sqlite", bytes_of(api->store_version));
    json_member_text(&out, "http", bytes_of(api->http_version));
    json_out_object_end(&out);
    request_answer(request, 200, "application/json", &body);
}

void op_get_openapi(struct request *request)
{
    const struct embedded_file *file = &embedded_openapi[0];
    struct bytes text = {(const char *)file->data, file->size};
    char hex[DIGEST_LEN * 2 + 1];
    char tag[24];

    if (refuse_query(request))
        return;
    digest_hex(digest_plain(text), hex);
    (void)snprintf(tag, sizeof(tag), "\"%.16s\"", hex);
    request_add_header(request, "ETag", bytes_of(tag));
    request_add_header(request, "Cache-Control", BYTES("no-cache"));
    if (bytes_is(bytes_trim(request_header(request, "if-none-match")), tag))
        request_answer(request, 304, NULL, NULL);
    else
        answer_text(request, 200, "application/yaml", text);
}

/* ---- numbers ---- */

static void answer_stats(struct call *call)
{
    const struct stats_view *stats = &call->command.reply.stats;
    struct answer answer;

    answer_begin(&answer);
    json_out_object(&answer.out);
    json_member_text(&answer.out, "state", bytes_of(STATES[engine_state(call->api->engine)]));
    json_out_key(&answer.out, "counts");
    wire_counts(&answer.out, &stats->counts);
    json_member_int(&answer.out, "queues", stats->queues);
    json_member_int(&answer.out, "workers", stats->workers);
    json_member_int(&answer.out, "workers_lost", stats->workers_lost);
    json_member_int(&answer.out, "leases", stats->leases);
    json_member_int(&answer.out, "parked", stats->parked);
    json_member_int(&answer.out, "slots_total", stats->slots_total);
    json_member_int(&answer.out, "slots_used", stats->slots_used);
    json_member_seconds_or_null(&answer.out, "uptime_s", stats->uptime_ms);
    json_out_object_end(&answer.out);
    answer_send(call, 200, &answer);
}

void op_get_stats(struct request *request)
{
    static const struct operation OPERATION = {.kind = COMMAND_STATS, .answer = answer_stats};

    call_run(request, &OPERATION);
}

/* ---- shutdown ---- */

struct shutdown_draft {
    unsigned mode;
    int64_t wait_timeout_ms;
};

static const char *const MODES[] = {"drain", "now", NULL};

static const struct field SHUTDOWN_FIELDS[] = {
    {.name = "mode",
     .read = field_word,
     .at = offsetof(struct shutdown_draft, mode),
     .words = MODES},
    {.name = "wait_timeout_s",
     .read = field_seconds,
     .at = offsetof(struct shutdown_draft, wait_timeout_ms),
     .max = DAY_MS,
     .nullable = true},
};
static const struct shape SHUTDOWN_SHAPE = SHAPE(SHUTDOWN_FIELDS, NULL);

static enum err decode_shutdown(struct call *call)
{
    struct shutdown_draft draft = {.wait_timeout_ms = -1};
    enum err code = call_body(call, &SHUTDOWN_SHAPE, &draft, NULL);

    call->command.in.shutdown =
        (struct shutdown_ask){.now = draft.mode == 1, .wait_timeout_ms = draft.wait_timeout_ms};
    if (code == OK) {
        /* while there is still an engine to write it */
        api_note_uses(call->api);
        api_note_refused(call->api, true);
    }
    return code;
}

static void answer_with_state(struct call *call, int status)
{
    const struct shutdown_view *view = &call->command.reply.shutdown;
    struct answer answer;

    answer_begin(&answer);
    json_out_object(&answer.out);
    json_member_text(&answer.out, "state", bytes_of(STATES[view->state]));
    json_member_int(&answer.out, "live_leases", view->live_leases);
    json_out_object_end(&answer.out);
    answer_send(call, status, &answer);
}

static void answer_started(struct call *call)
{
    answer_with_state(call, call->command.reply.done && call->command.wait_ms > 0 ? 200 : 202);
}

static void answer_state(struct call *call)
{
    answer_with_state(call, 200);
}

void op_start_shutdown(struct request *request)
{
    static const struct operation OPERATION = {.kind = COMMAND_SHUTDOWN,
                                               .decode = decode_shutdown,
                                               .answer = answer_started,
                                               .waits = true};

    call_run(request, &OPERATION);
}

void op_get_shutdown(struct request *request)
{
    static const struct operation OPERATION = {.kind = COMMAND_SHUTDOWN_STATE,
                                               .answer = answer_state};

    call_run(request, &OPERATION);
}

/* ---- the test clock ---- */

static const struct field ADVANCE_FIELDS[] = {
    {.name = "s",
     .read = field_seconds,
     .at = offsetof(struct advance, by_ms),
     .most = BOUND_DELAY_MAX,
     .required = true},
};
static const struct shape ADVANCE_SHAPE = SHAPE(ADVANCE_FIELDS, NULL);

static enum err decode_advance(struct call *call)
{
    if (!call->api->manual_clock)
        return error_set(&call->error, ERR_NOT_FOUND, "", "the clock is not manual");
    return call_body(call, &ADVANCE_SHAPE, &call->command.in.advance, NULL);
}

static void answer_advance(struct call *call)
{
    struct answer answer;

    answer_begin(&answer);
    json_out_object(&answer.out);
    json_member_time_or_null(&answer.out, "now", call->command.reply.now.now_ms);
    json_out_object_end(&answer.out);
    answer_send(call, 200, &answer);
}

void op_advance_clock(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_ADVANCE, .decode = decode_advance, .answer = answer_advance};

    call_run(request, &OPERATION);
}
