/* Worker codec: the members of the bodies under /v1/workers, one row each. */
#include "codec_worker.h"

#include "codec_labels.h"
#include "codec_lease.h"
#include "codec_list.h"
#include "codec_push.h"
#include "codec_task.h"

struct worker_draft {
    struct worker_spec spec;
    struct text_list queues, types;
    unsigned mode;
};

enum { MODE_PULL, MODE_PUSH };

static const char *const DELIVERIES[] = {"pull", "push", NULL};

#define AT(member) .at = offsetof(struct worker_draft, member)
static const struct field WORKER_FIELDS[] = {
    {.name = "identity",
     .read = field_name,
     AT(spec.identity),
     .most = BOUND_NAME_MAX,
     .required = true},
    {.name = "instance",
     .read = field_label,
     AT(spec.instance),
     .most = BOUND_TYPE_MAX,
     .nullable = true},
    {.name = "queues", .read = field_names, AT(queues), .max = WORKER_QUEUES_MAX, .required = true},
    {.name = "types", .read = field_labels, AT(types), .max = WORKER_QUEUES_MAX, .nullable = true},
    {.name = "labels", .read = field_label_map, AT(spec.labels), .nullable = true},
    {.name = "min_priority", .read = field_priority, AT(spec.min_priority), .nullable = true},
    {.name = "concurrency",
     .read = field_int32,
     AT(spec.concurrency),
     .min = 1,
     .max = CONCURRENCY_MAX},
    {.name = "mode", .read = field_word, AT(mode), .words = DELIVERIES},
    {.name = "confirm_s",
     .read = field_seconds,
     AT(spec.confirm_ms),
     .min = 1,
     .most = BOUND_LEASE_MAX,
     .nullable = true},
    {.name = "push_url", .read = field_push_url, AT(spec.push_url), .nullable = true},
    {.name = "push_secret", .read = field_push_secret, AT(spec.push_key), .nullable = true},
    {.name = "version",
     .read = field_label,
     AT(spec.version),
     .most = BOUND_TYPE_MAX,
     .nullable = true},
    {.name = "info", .read = field_object, AT(spec.info), .max = INFO_BYTES_MAX, .nullable = true},
};
#undef AT

static const char *const LATER[] = {"filters", "persistent", NULL};
static const struct shape WORKER_SHAPE = SHAPE(WORKER_FIELDS, LATER);

/* null says the same as nothing. */
static enum err check_push(struct codec *codec, const struct worker_draft *draft)
{
    const struct worker_spec *spec = &draft->spec;
    bool is_push = draft->mode == MODE_PUSH, has_url = spec->push_url.at != NULL;

    if (is_push && !has_url)
        return error_set(codec->error, ERR_INVALID_FIELD, "/push_url", "mode push needs one");
    if (!is_push && has_url)
        return error_set(codec->error, ERR_INVALID_FIELD, "/push_url",
                         "goes with mode push, which is to be said");
    if (!is_push && spec->push_key.len > 0)
        return error_set(codec->error, ERR_INVALID_FIELD, "/push_secret", "goes with mode push");
    if (is_push && spec->confirm_ms >= 0)
        return error_set(codec->error, ERR_INVALID_FIELD, "/confirm_s",
                         "goes with mode pull: the answer to a pushed task confirms it");
    return OK;
}

enum err worker_spec_read(struct codec *codec, struct bytes text, struct worker_spec *ret_spec)
{
    struct worker_draft draft = {
        .spec = {.concurrency = 1, .confirm_ms = -1, .min_priority = MIN_PRIORITY_NONE}};
    enum err code = codec_body(codec, text, &WORKER_SHAPE, &draft, NULL);

    if (code == OK && draft.queues.len == 0)
        code =
            error_set(codec->error, ERR_INVALID_FIELD, "/queues", "must name at least one queue");
    if (code == OK)
        code = check_push(codec, &draft);
    if (code != OK)
        return code;
    *ret_spec = draft.spec;
    ret_spec->queues = draft.queues.at;
    ret_spec->queues_len = draft.queues.len;
    ret_spec->types = draft.types.at;
    ret_spec->types_len = draft.types.len;
    return OK;
}

/* ---- edits ---- */

enum { SAID_STATE = 1, SAID_CONCURRENCY = 2, SAID_MIN_PRIORITY = 4, SAID_PUSH_SECRET = 8 };

static const char *const STATES[] = {"run", "quiet", "terminate", "paused", NULL};

#define AT(member) .at = offsetof(struct worker_edit, member)
static const struct field EDIT_FIELDS[] = {
    {.name = "state",
     .read = field_word,
     AT(mode),
     .min = WORKER_RUN,
     .words = STATES,
     .bit = SAID_STATE},
    {.name = "concurrency",
     .read = field_int32,
     AT(concurrency),
     .min = 1,
     .max = CONCURRENCY_MAX,
     .bit = SAID_CONCURRENCY},
    {.name = "min_priority",
     .read = field_priority,
     AT(min_priority),
     .nullable = true,
     .bit = SAID_MIN_PRIORITY},
    {.name = "push_secret",
     .read = field_push_secret,
     AT(push_key),
     .nullable = true,
     .bit = SAID_PUSH_SECRET},
};
#undef AT
static const struct shape EDIT_SHAPE = SHAPE(EDIT_FIELDS, NULL);

enum err worker_edit_read(struct codec *codec, struct bytes text, struct worker_edit *edit)
{
    unsigned said = 0;
    enum err code;

    edit->min_priority = MIN_PRIORITY_NONE; /* what null says */
    code = codec_body(codec, text, &EDIT_SHAPE, edit, &said);
    edit->has_mode = (said & SAID_STATE) != 0;
    edit->has_concurrency = (said & SAID_CONCURRENCY) != 0;
    edit->has_min_priority = (said & SAID_MIN_PRIORITY) != 0;
    edit->rotates_key = (said & SAID_PUSH_SECRET) != 0; /* null: to one that is made */
    return code;
}

/* ---- claims ---- */

struct claim_draft {
    int32_t max;
    struct text_list queues;
    struct outcome *outcomes;
    unsigned outcomes_len;
};

static enum err field_outcomes(struct codec *codec, const struct spot *spot, json_t *value,
                               const struct field *field, void *target)
{
    struct claim_draft *draft = target;

    (void)field;
    return outcomes_read(codec, spot, value, &draft->outcomes, &draft->outcomes_len);
}

#define AT(member) .at = offsetof(struct claim_draft, member)
static const struct field CLAIM_FIELDS[] = {
    {.name = "max", .read = field_int32, AT(max), .min = 1, .most = BOUND_CLAIM_MAX},
    {.name = "queues", .read = field_names, AT(queues), .max = WORKER_QUEUES_MAX, .nullable = true},
    {.name = "outcomes", .read = field_outcomes},
};
static const struct field FINISH_FIELDS[] = {
    {.name = "outcomes", .read = field_outcomes, .required = true},
};
#undef AT
static const struct shape CLAIM_SHAPE = SHAPE(CLAIM_FIELDS, NULL);
static const struct shape FINISH_SHAPE = SHAPE(FINISH_FIELDS, NULL);

enum err claim_read(struct codec *codec, struct bytes text, struct claim *claim)
{
    struct claim_draft draft = {.max = 1};
    enum err code = codec_body(codec, text, &CLAIM_SHAPE, &draft, NULL);

    claim->max = (unsigned)draft.max;
    claim->queues = draft.queues.at;
    claim->queues_len = draft.queues.len;
    claim->outcomes = draft.outcomes;
    claim->outcomes_len = draft.outcomes_len;
    return code;
}

enum err finish_read(struct codec *codec, struct bytes text, struct finish *finish)
{
    struct claim_draft draft = {.max = 1};
    enum err code = codec_body(codec, text, &FINISH_SHAPE, &draft, NULL);

    finish->outcomes = draft.outcomes;
    finish->outcomes_len = draft.outcomes_len;
    return code;
}
