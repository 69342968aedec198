/* Lease codec: failures, progress and logs; their free parts are kept as sent. */
#include "codec_lease.h"

#include "base/buffer.h"
#include "base/json_out.h"
#include "base/parse.h"
#include "codec_list.h"

enum { MESSAGE_BYTES_MAX = 64 << 10 };

/* ---- failures ---- */

struct failure_draft {
    struct outcome *outcome;
    int64_t delay_ms;
    bool retryable;
    struct failure failure;
};

static const char *const FAILURE_LIFT[] = {"type", "message", "trace", "data", NULL};

#define AT(member)  .at = offsetof(struct failure_draft, member)
#define RAW(member) .read = field_raw, .most = BOUND_FAILURE_MAX, AT(member)

static const struct field FAILURE_FIELDS[] = {
    {.name = "delay_s",
     .read = field_seconds,
     AT(delay_ms),
     .most = BOUND_DELAY_MAX,
     .nullable = true},
    {.name = "retryable", .read = field_bool, AT(retryable)},
    {.name = "type", RAW(failure.type)},
    {.name = "message", RAW(failure.message)},
    {.name = "trace", RAW(failure.trace)},
    {.name = "data", RAW(failure.data)},
};
#undef AT
#undef RAW

/* The body of /fail says a delay too; the error of an outcome has it beside itself; /cancelled asks
 * for nothing. */
static const struct shape FAIL_SHAPE = SHAPE(FAILURE_FIELDS, NULL);
static const struct shape ERROR_SHAPE = {.fields = FAILURE_FIELDS + 1,
                                         .fields_len = ARRAY_LEN(FAILURE_FIELDS) - 1};
static const struct shape CANCELLED_SHAPE = {.fields = FAILURE_FIELDS + 2,
                                             .fields_len = ARRAY_LEN(FAILURE_FIELDS) - 2};

/* null is nothing; anything but a string is refused. */
static enum err check_string(struct codec *codec, const struct spot *spot, const char *name,
                             struct bytes *raw)
{
    struct spot here = {.up = spot, .name = name};

    if (bytes_is(*raw, "null"))
        *raw = BYTES_NONE;
    if (raw->at != NULL && raw->at[0] != '"')
        return codec_refuse(codec, &here, ERR_INVALID_FIELD, "must be a string");
    return OK;
}

static enum err check_failure(struct codec *codec, const struct spot *spot,
                              struct failure_draft *draft)
{
    struct failure *failure = &draft->failure;
    struct spot type_spot = {.up = spot, .name = "type"};
    enum err code = check_string(codec, spot, "type", &failure->type);

    if (code == OK)
        code = check_string(codec, spot, "message", &failure->message);
    if (code != OK || failure->type.at == NULL)
        return code;

    struct bytes type = json_unquote(failure->type, codec->arena);

    if ((int64_t)type.len > codec->bounds->of[BOUND_TYPE_MAX])
        return codec_refuse_bound(codec, &type_spot, BOUND_TYPE_MAX, type.len);
    if (!label_is_valid(type))
        return codec_refuse(codec, &type_spot, ERR_INVALID_FIELD,
                            "must be 1 to %d bytes of UTF-8 without control characters",
                            TYPE_MAX_CEILING);
    draft->outcome->failure_type = type;
    return OK;
}

static enum err read_failure(struct bytes text, const struct shape *shape, const struct spot *spot,
                             struct codec *outer, struct outcome *outcome)
{
    struct failure_draft draft = {
        .outcome = outcome, .delay_ms = outcome->delay_ms, .retryable = true};
    struct document document;
    struct codec codec = *outer;
    enum err code =
        document_open(&document, text, FAILURE_LIFT, codec.bounds, codec.arena, codec.error);

    codec.document = &document;

    if (code == OK)
        code = codec_object(&codec, spot, document.root, shape, &draft, NULL);
    if (code == OK)
        code = check_failure(&codec, spot, &draft);
    document_close(&document);
    outcome->delay_ms = draft.delay_ms;
    outcome->retryable = draft.retryable;
    outcome->failure = draft.failure;
    return code;
}

enum err failure_of_error(struct codec *codec, const struct spot *spot, struct bytes text,
                          struct outcome *outcome)
{
    return read_failure(text, &ERROR_SHAPE, spot, codec, outcome);
}

enum err outcome_read_failure(struct codec *codec, struct bytes text, struct outcome *outcome)
{
    if ((int64_t)text.len > codec->bounds->of[BOUND_FAILURE_MAX])
        return codec_refuse_bound(codec, NULL, BOUND_FAILURE_MAX, text.len);
    return read_failure(text, outcome->kind == OUTCOME_CANCELLED ? &CANCELLED_SHAPE : &FAIL_SHAPE,
                        NULL, codec, outcome);
}

/* ---- progress ---- */

struct progress_draft {
    struct bytes lease, percent, message, data, checkpoint;
};

static const char *const PROGRESS_LIFT[] = {"percent", "message", "data", "checkpoint", NULL};

#define AT(member) .at = offsetof(struct progress_draft, member)
static const struct field PROGRESS_FIELDS[] = {
    {.name = "lease",
     .read = field_text,
     AT(lease),
     .min = 1,
     .max = LEASE_TEXT_MAX,
     .required = true},
    {.name = "percent", .read = field_raw, AT(percent), .max = 32},
    {.name = "message", .read = field_raw, AT(message), .max = MESSAGE_BYTES_MAX},
    {.name = "data", .read = field_raw, AT(data), .max = INFO_BYTES_MAX},
    {.name = "checkpoint", .read = field_raw, AT(checkpoint), .most = BOUND_PAYLOAD_MAX},
};
#undef AT

static const struct shape NOTE_SHAPE = SHAPE(PROGRESS_FIELDS, NULL); /* of a heartbeat */
static const struct shape PROGRESS_SHAPE = {.fields = PROGRESS_FIELDS + 1,
                                            .fields_len = ARRAY_LEN(PROGRESS_FIELDS) - 1};

static struct bytes progress_object(const struct progress_draft *draft, struct arena *arena)
{
    struct buffer buffer;
    struct json_out out;

    if (draft->percent.at == NULL && draft->message.at == NULL && draft->data.at == NULL)
        return BYTES_NONE;
    buffer_init(&buffer, draft->percent.len + draft->message.len + draft->data.len + 64);
    json_out_init(&out, &buffer);
    json_out_object(&out);
    json_member_raw_or_null(&out, "percent", draft->percent);
    json_member_raw_or_null(&out, "message", draft->message);
    json_member_raw_or_null(&out, "data", draft->data);
    json_out_object_end(&out);

    struct bytes object = arena_bytes(arena, buffer_bytes(&buffer));

    buffer_fini(&buffer);
    return object;
}

static enum err note_of_draft(struct codec *codec, const struct spot *spot,
                              struct progress_draft *draft, struct progress_note *note)
{
    struct spot percent_spot = {.up = spot, .name = "percent"};
    struct bytes percent = draft->percent;
    double number = 0;
    bool is_nothing = percent.at == NULL || bytes_is(percent, "null");

    if (!is_nothing && (!parse_double(percent, &number) || number < 0 || number > 100))
        return codec_refuse(codec, &percent_spot, ERR_INVALID_FIELD,
                            "must be a number from 0 to 100");

    enum err code = check_string(codec, spot, "message", &draft->message);

    note->progress = progress_object(draft, codec->arena);
    note->checkpoint = draft->checkpoint;
    return code;
}

enum err progress_read(struct codec *codec, struct bytes text, struct progress_note *note)
{
    struct progress_draft draft = {0};
    enum err code = codec_body_lifting(codec, text, PROGRESS_LIFT, &PROGRESS_SHAPE, &draft, NULL);

    return code == OK ? note_of_draft(codec, NULL, &draft, note) : code;
}

/* ---- heartbeat ---- */

static enum err field_leases(struct codec *codec, const struct spot *spot, json_t *value,
                             const struct field *field, void *target)
{
    struct heartbeat *heartbeat = target;
    struct text_list list;

    (void)field;
    heartbeat->all = json_is_string(value) && bytes_is(BYTES("all"), json_string_value(value));
    if (heartbeat->all)
        return OK;

    enum err code = list_read_leases(codec, spot, value, &list);

    if (code == OK) {
        heartbeat->leases = list.at;
        heartbeat->leases_len = list.len;
    }
    return code;
}

static enum err field_notes(struct codec *codec, const struct spot *spot, json_t *value,
                            const struct field *field, void *target)
{
    struct heartbeat *heartbeat = target;
    size_t len = json_array_size(value);

    if (!json_is_array(value))
        return codec_wrong_type(codec, spot, value, "an array");
    if ((int64_t)len > codec_max(codec, field))
        return codec_refuse_bound(codec, spot, field->most, len);
    heartbeat->notes = arena_alloc(codec->arena, len * sizeof(*heartbeat->notes));
    for (size_t i = 0; i < len; i++) {
        struct spot here = {.up = spot, .index = i};
        struct progress_draft draft = {0};
        struct progress_note *note = &heartbeat->notes[i];
        enum err code =
            codec_object(codec, &here, json_array_get(value, i), &NOTE_SHAPE, &draft, NULL);

        if (code == OK)
            code = note_of_draft(codec, &here, &draft, note);
        if (code != OK)
            return code;
        note->lease = draft.lease;
    }
    heartbeat->notes_len = (unsigned)len;
    return OK;
}

static const struct field HEARTBEAT_FIELDS[] = {
    {.name = "leases", .read = field_leases},
    {.name = "progress", .read = field_notes, .most = BOUND_OUTCOMES_MAX},
};
static const struct shape HEARTBEAT_SHAPE = SHAPE(HEARTBEAT_FIELDS, NULL);

enum err heartbeat_read(struct codec *codec, struct bytes text, struct heartbeat *heartbeat)
{
    return codec_body_lifting(codec, text, PROGRESS_LIFT, &HEARTBEAT_SHAPE, heartbeat, NULL);
}
