/* Schedules: set up, looked at, triggered, deleted; and when they fire next. */
#include "base/parse.h"
#include "base/time_text.h"
#include "codec_schedule.h"
#include "handlers.h"
#include "list.h"
#include "wire.h"

enum { NEXT_DEFAULT = 10, NEXT_MAX = 100 };

/* ---- on the wire ---- */

static void write_settings(struct json_out *out, const struct schedule_view *schedule)
{
    const struct schedule_settings *settings = &schedule->settings;

    json_member_text(out, "cron", settings->cron);
    json_member_text(out, "timezone", settings->timezone);
    if (schedule->task.at != NULL) {
        json_out_key(out, "task");
        json_out_raw(out, schedule->task);
    }
    json_member_text(out, "queue", settings->queue);
    json_member_text(out, "overlap", bytes_of(schedule_overlap_words[settings->overlap]));
    json_member_text(out, "missed", bytes_of(schedule_missed_words[settings->missed]));
    json_member_seconds_or_null(out, "jitter_s", settings->jitter_ms);
    json_member_bool(out, "paused", settings->paused);
}

static void write_state(struct json_out *out, const struct schedule_view *schedule)
{
    const struct schedule_state *state = &schedule->state;

    json_member_time_or_null(out, "next_at", schedule->next_at_ms);
    json_member_time_or_null(out, "last_slot", state->last_slot_ms);
    if (state->last.number >= 0)
        wire_member_id(out, "last_task_id", state->last.id);
    else
        json_member_text_or_null(out, "last_task_id", BYTES_NONE);
    json_member_int(out, "fired", state->fired);
    json_member_int(out, "skipped", state->skipped);
    json_member_text_or_null(out, "last_error", state->error);
    json_member_time_or_null(out, "created_at", schedule->created_at_ms);
    json_member_int(out, "version", schedule->version);
}

static struct bytes location(const struct call *call, struct bytes name)
{
    return arena_printf(call->arena, "%.*s/schedules/%.*s", BYTES_ARG(call->base), BYTES_ARG(name));
}

static void write_schedule(struct call *call, struct json_out *out,
                           const struct schedule_view *schedule)
{
    json_out_object(out);
    json_member_text(out, "name", schedule->name);
    write_settings(out, schedule);
    write_state(out, schedule);
    json_out_key(out, "links");
    json_out_object(out);
    json_member_text(out, "self", location(call, schedule->name));
    json_out_object_end(out);
    json_out_object_end(out);
}

static void answer_with(struct call *call, int status)
{
    const struct schedule_view *schedule = &call->command.reply.schedules[0];
    struct answer answer;

    answer_begin(&answer);
    write_schedule(call, &answer.out, schedule);
    answer_etag(call, schedule->version);
    answer_send(call, status, &answer);
}

/* ---- look ---- */

static enum err read_name(struct call *call, struct bytes *ret_name)
{
    *ret_name = request_param(call->request, "name");
    if (!name_is_valid(*ret_name))
        return error_set(&call->error, ERR_INVALID_FIELD, "",
                         "a schedule's name is 1 to %d characters of A-Z a-z 0-9 . _ : - "
                         "(name_max: %d)",
                         (int)call->api->bounds.of[BOUND_NAME_MAX],
                         (int)call->api->bounds.of[BOUND_NAME_MAX]);
    return OK;
}

static enum err decode_name(struct call *call)
{
    struct schedule_name *ask = &call->command.in.schedule;
    enum err code = read_name(call, &ask->name);

    return code == OK ? call_if_match(call, &ask->if_match) : code;
}

static enum err decode_get(struct call *call)
{
    enum err code = decode_name(call);

    return code == OK ? call_seen(call) : code;
}

static void answer_get(struct call *call)
{
    if (!answer_unless_seen(call, call->command.reply.schedules[0].version))
        answer_with(call, 200);
}

void op_get_schedule(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_GET_SCHEDULE, .decode = decode_get, .answer = answer_get};

    call_run(request, &OPERATION);
}

static enum err decode_list(struct call *call)
{
    enum err code = list_read_page(call, "schedules", NULL);

    if (code == OK)
        list_ask(call);
    return code;
}

static void write_item(struct call *call, struct json_out *out, const void *item)
{
    write_schedule(call, out, item);
}

static void answer_list(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    unsigned len = reply->schedules_len;
    struct list_entry *entries = arena_alloc(call->arena, len * sizeof(*entries));

    for (unsigned i = 0; i < len; i++) {
        const struct schedule_view *item = &reply->schedules[i];

        entries[i].item = item;
        entries[i].place = list_place(call, item->created_at_ms, item->name);
    }
    list_answer(call, entries, len, write_item);
}

void op_list_schedules(struct request *request)
{
    static const char *const QUERY[] = {"limit", "cursor", NULL};
    static const struct operation OPERATION = {.kind = COMMAND_LIST_SCHEDULES,
                                               .decode = decode_list,
                                               .answer = answer_list,
                                               .query = QUERY};

    call_run(request, &OPERATION);
}

/* ---- when ---- */

static enum err decode_next(struct call *call)
{
    struct bytes text = request_query(call->request, "n");
    int64_t count = NEXT_DEFAULT;

    if (text.at != NULL && !parse_int(text, 1, NEXT_MAX, &count))
        return error_set(&call->error, ERR_INVALID_FIELD, "?n",
                         "must be a whole number from 1 to %d", NEXT_MAX);
    call->command.in.schedule.limit = (unsigned)count;
    return decode_name(call);
}

/* 2026-03-29T03:00:00.000+02:00 */
static struct bytes local_text(struct arena *arena, const struct slot_view *slot)
{
    char at[TIME_TEXT_LEN + 1];
    int64_t offset_s = (slot->local_ms - slot->at_ms) / 1000;
    int64_t minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;

    time_write(slot->local_ms, at);
    return arena_printf(arena, "%.*s%c%02d:%02d", TIME_TEXT_LEN - 1, at, offset_s < 0 ? '-' : '+',
                        (int)(minutes / 60), (int)(minutes % 60));
}

static void answer_next(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    struct answer answer;

    answer_begin(&answer);
    json_out_object(&answer.out);
    json_member_text(&answer.out, "timezone", reply->schedules[0].settings.timezone);
    json_out_key(&answer.out, "items");
    json_out_array(&answer.out);
    for (unsigned i = 0; i < reply->slots_len; i++) {
        json_out_object(&answer.out);
        json_member_time_or_null(&answer.out, "at", reply->slots[i].at_ms);
        json_member_text(&answer.out, "local", local_text(call->arena, &reply->slots[i]));
        json_out_object_end(&answer.out);
    }
    json_out_array_end(&answer.out);
    json_out_object_end(&answer.out);
    answer_send(call, 200, &answer);
}

void op_next_schedule(struct request *request)
{
    static const char *const QUERY[] = {"n", NULL};
    static const struct operation OPERATION = {.kind = COMMAND_NEXT_SCHEDULE,
                                               .decode = decode_next,
                                               .answer = answer_next,
                                               .query = QUERY};

    call_run(request, &OPERATION);
}

/* ---- change ---- */

static enum err decode_put(struct call *call)
{
    const struct bounds *bounds = &call->api->bounds;
    struct schedule_edit *edit = &call->command.in.schedule_edit;
    struct codec codec = call_codec(call);
    enum err code = read_name(call, &edit->name);

    if (code == OK && (int64_t)edit->name.len > bounds->of[BOUND_NAME_MAX])
        code = bound_refuse(bounds, BOUND_NAME_MAX, edit->name.len, "", &call->error);
    if (code == OK)
        code = call_if_absent(call, &edit->if_absent);
    if (code == OK)
        code = call_if_match(call, &edit->if_match);
    return code == OK ? schedule_edit_read(&codec, call->body, edit) : code;
}

static void answer_put(struct call *call)
{
    const struct reply *reply = &call->command.reply;

    if (reply->created)
        request_add_header(call->request, "Location", location(call, reply->schedules[0].name));
    answer_with(call, reply->created ? 201 : 200);
}

void op_put_schedule(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_PUT_SCHEDULE, .decode = decode_put, .answer = answer_put};

    call_run(request, &OPERATION);
}

static void answer_gone(struct call *call)
{
    answer_status(call, 204);
}

void op_delete_schedule(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_DELETE_SCHEDULE, .decode = decode_name, .answer = answer_gone};

    call_run(request, &OPERATION);
}

/* ---- trigger ---- */

/* What a repeat of the key is told. Engine thread. */
static void remember(struct command *command, int *ret_status, struct bytes *ret_location,
                     struct bytes *ret_body)
{
    const struct call *call = command->caller.ctx;
    const struct task *task = command->reply.view.task;
    struct answer answer;

    answer_begin(&answer);
    wire_task_whole(&answer.out, task, call->base);
    *ret_status = command->reply.created ? 201 : 200;
    *ret_location = call_location(call, "tasks", task->id);
    *ret_body = answer_keep(&answer, call->arena);
}

static enum err decode_trigger(struct call *call)
{
    enum err code = decode_name(call);

    call->command.remember = remember;
    if (code == OK)
        code = call_no_members(call);
    return code == OK ? call_idempotency(call) : code;
}

static void answer_trigger(struct call *call)
{
    const struct task *task = call->command.reply.view.task;
    struct answer answer;

    if (call->command.reply.replayed) {
        answer_replay(call);
        return;
    }
    answer_begin(&answer);
    wire_task_whole(&answer.out, task, call->base);
    request_add_header(call->request, "Location", call_location(call, "tasks", task->id));
    answer_task_etag(call, task);
    answer_send(call, call->command.reply.created ? 201 : 200, &answer);
}

void op_trigger_schedule(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_TRIGGER_SCHEDULE, .decode = decode_trigger, .answer = answer_trigger};

    call_run(request, &OPERATION);
}
