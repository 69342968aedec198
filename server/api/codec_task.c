/* Task codec: the members of a submit, one row each. */
#include "codec_task.h"

#include "base/parse.h"
#include "codec_body.h"
#include "codec_dedup.h"
#include "codec_labels.h"
#include "codec_query.h"
#include "codec_rules.h"
#include "codec_webhook.h"
#include "header_value.h"

/* A task as it was said, before its members are held against each other. */
struct draft {
    struct task_spec spec;
    struct body_said payload;
};

static struct task_spec task_spec_default(void)
{
    return (struct task_spec){
        .type = BYTES(""),
        .delay_ms = -1,
        .run_at_ms = -1,
        .timeout_ms = -1,
        .lease_ms = -1,
        .expires_ms = -1,
        .deadline_ms = -1,
        .result_ttl_ms = -1,
    };
}

enum err field_priority(struct codec *codec, const struct spot *spot, json_t *value,
                        const struct field *field, void *target)
{
    static const struct priority_word {
        const char *word;
        int32_t priority;
    } WORDS[] = {{"high", 10}, {"normal", 0}, {"low", -10}};
    struct field number = *field;

    for (size_t i = 0; json_is_string(value) && i < ARRAY_LEN(WORDS); i++) {
        if (bytes_is(bytes_of(WORDS[i].word), json_string_value(value))) {
            *(int32_t *)(void *)((char *)target + field->at) = WORDS[i].priority;
            return OK;
        }
    }
    if (json_is_string(value))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be high, normal, low, or a whole number from -%d to %d",
                            (int)codec->bounds->of[BOUND_PRIORITY_MAX],
                            (int)codec->bounds->of[BOUND_PRIORITY_MAX]);
    number.min = -codec->bounds->of[BOUND_PRIORITY_MAX];
    number.most = BOUND_PRIORITY_MAX;
    return field_int32(codec, spot, value, &number, target);
}

static enum err read_tag(struct codec *codec, const struct spot *spot, json_t *value,
                         struct bytes *ret_tag)
{
    const struct field plain = {.most = BOUND_NAME_MAX};

    return field_name(codec, spot, value, &plain, ret_tag);
}

enum err field_tags(struct codec *codec, const struct spot *spot, json_t *value,
                    const struct field *field, void *target)
{
    struct bytes tags[TAGS_MAX_CEILING];
    size_t len = json_array_size(value);

    if (!json_is_array(value))
        return codec_wrong_type(codec, spot, value, "an array of names");
    if ((int64_t)len > codec->bounds->of[BOUND_TAGS_MAX])
        return codec_refuse_bound(codec, spot, BOUND_TAGS_MAX, len);

    char *joined = arena_alloc(codec->arena, len * (NAME_MAX_CEILING + 1) + 1);
    char *end = joined;

    for (size_t i = 0; i < len; i++) {
        struct spot here = {.up = spot, .index = i};
        enum err code = read_tag(codec, &here, json_array_get(value, i), &tags[i]);

        if (code != OK)
            return code;
        for (size_t j = 0; j < i; j++)
            if (bytes_equal(tags[i], tags[j]))
                return codec_refuse(codec, &here, ERR_INVALID_FIELD, "is given twice");
        memcpy(end, tags[i].at, tags[i].len);
        end[tags[i].len] = '\n';
        end += tags[i].len + 1;
    }
    *(struct bytes *)(void *)((char *)target + field->at) =
        len > 0 ? (struct bytes){joined, (size_t)(end - joined)} : BYTES_NONE;
    return OK;
}

/* Junk is dropped without a word: tracing must never break a submit. */
static enum err field_traceparent(struct codec *codec, const struct spot *spot, json_t *value,
                                  const struct field *field, void *target)
{
    struct bytes text;
    enum err code = codec_text(codec, spot, value, &text);

    if (code == OK && traceparent_is_valid(text))
        *(struct bytes *)(void *)((char *)target + field->at) = text;
    return code;
}

static enum err field_key(struct codec *codec, const struct spot *spot, json_t *value,
                          const struct field *field, void *target)
{
    struct bytes key;
    enum err code = codec_text(codec, spot, value, &key);

    if (code == OK && (int64_t)key.len > codec->bounds->of[BOUND_KEY_MAX])
        return codec_refuse_bound(codec, spot, BOUND_KEY_MAX, key.len);
    if (code == OK && !idempotency_key_is_valid(key))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD, "must be 1 to %d printable characters",
                            KEY_MAX_CEILING);
    if (code == OK)
        *(struct bytes *)(void *)((char *)target + field->at) = key;
    return code;
}

static const char *const ORDER_FAILURES[] = {
    [ORDER_SKIP] = "skip", [ORDER_BLOCK] = "block", [ORDER_BLOCK + 1] = NULL};
static const char *const DEPENDENCY_FAILURES[] = {[DEPENDENCY_FAIL] = "fail",
                                                  [DEPENDENCY_SKIP] = "skip",
                                                  [DEPENDENCY_RUN] = "run",
                                                  [DEPENDENCY_RUN + 1] = NULL};

#define AT(member) .at = offsetof(struct draft, member)

/* First what only a line of a stream may say, then what only a body may, then what a query may say
 * too. */
enum { LINE_ONLY = 1, BODY_ONLY = 5 };

static const struct field FIELDS[] = {
    {.name = "idempotency_key", .read = field_key, AT(spec.idempotency_key)},
    {.name = "queue", .read = field_name, AT(spec.queue), .most = BOUND_NAME_MAX},
    {.name = "payload", .read = field_raw, AT(payload.json), .most = BOUND_PAYLOAD_MAX},
    {.name = "payload_base64", .read = field_text, AT(payload.base64), .max = INT64_MAX},
    {.name = "content_type", .read = field_text, AT(payload.content_type), .max = 255},
    {.name = "headers",
     .read = field_object,
     AT(spec.headers),
     .least = BOUND_TASK_HEADERS_MAX,
     .max = HEADERS_BYTES_MAX,
     .nullable = true},
    {.name = "type", .read = field_label, AT(spec.type), .most = BOUND_TYPE_MAX},
    {.name = "priority", .read = field_priority, AT(spec.priority), .form = FORM_NUMBER},
    {.name = "delay_s",
     .read = field_seconds,
     AT(spec.delay_ms),
     .most = BOUND_DELAY_MAX,
     .nullable = true,
     .form = FORM_NUMBER},
    {.name = "run_at",
     .read = field_time,
     AT(spec.run_at_ms),
     .most = BOUND_DELAY_MAX,
     .nullable = true},
    {.name = "timeout_s",
     .read = field_seconds,
     AT(spec.timeout_ms),
     .min = 1,
     .max = TIMEOUT_MAX_MS,
     .nullable = true,
     .form = FORM_NUMBER},
    {.name = "lease_s",
     .read = field_seconds,
     AT(spec.lease_ms),
     .least = BOUND_LEASE_MIN,
     .most = BOUND_LEASE_MAX,
     .nullable = true,
     .form = FORM_NUMBER},
    {.name = "expires_s",
     .read = field_seconds,
     AT(spec.expires_ms),
     .min = 1,
     .most = BOUND_DELAY_MAX,
     .nullable = true,
     .form = FORM_NUMBER},
    {.name = "deadline_s",
     .read = field_seconds,
     AT(spec.deadline_ms),
     .min = 1,
     .most = BOUND_DELAY_MAX,
     .nullable = true,
     .form = FORM_NUMBER},
    {.name = "at_most_once",
     .read = field_bool,
     AT(spec.at_most_once),
     .nullable = true,
     .form = FORM_FLAG},
    {.name = "result_ttl_s",
     .read = field_seconds,
     AT(spec.result_ttl_ms),
     .max = DELAY_MAX_MS,
     .nullable = true,
     .form = FORM_NUMBER},
    {.name = "retry",
     .read = field_retry,
     AT(spec.retry),
     .nullable = true,
     .form = FORM_OBJECT,
     .shape = &RETRY_SHAPE},
    {.name = "requires",
     .read = field_label_map,
     AT(spec.requires),
     .nullable = true,
     .form = FORM_MAP},
    {.name = "tags", .read = field_tags, AT(spec.tags), .nullable = true, .form = FORM_LIST},
    {.name = "name", .read = field_label, AT(spec.name), .most = BOUND_TYPE_MAX, .nullable = true},
    {.name = "traceparent", .read = field_traceparent, AT(spec.traceparent), .nullable = true},
    {.name = "limits",
     .read = field_limits,
     AT(spec.rules.limits),
     .nullable = true,
     .form = FORM_LIST},
    {.name = "fairness_key",
     .read = field_label,
     AT(spec.rules.fairness_key),
     .most = BOUND_TYPE_MAX,
     .nullable = true},
    {.name = "fairness_weight",
     .read = field_weight,
     AT(spec.rules.weight_milli),
     .nullable = true,
     .form = FORM_NUMBER},
    {.name = "ordering_key",
     .read = field_label,
     AT(spec.rules.ordering_key),
     .most = BOUND_TYPE_MAX,
     .nullable = true},
    {.name = "on_order_failure",
     .read = field_word,
     AT(spec.rules.on_order_failure),
     .words = ORDER_FAILURES,
     .nullable = true},
    {.name = "dedup",
     .read = field_dedup,
     AT(spec.rules.dedup),
     .nullable = true,
     .form = FORM_OBJECT,
     .shape = &DEDUP_SHAPE},
    {.name = "depends_on",
     .read = field_depends_on,
     AT(spec.rules.depends_on),
     .nullable = true,
     .form = FORM_LIST},
    {.name = "on_dependency_failure",
     .read = field_word,
     AT(spec.rules.on_dependency_failure),
     .words = DEPENDENCY_FAILURES,
     .nullable = true},
    {.name = "affinity",
     .read = field_label,
     AT(spec.rules.affinity),
     .most = BOUND_TYPE_MAX,
     .nullable = true},
    {.name = "callback",
     .read = field_callback,
     AT(spec.rules),
     .nullable = true,
     .form = FORM_OBJECT,
     .shape = &CALLBACK_SHAPE},
    {.name = "ref", .read = field_ref, AT(spec.ref), .most = BOUND_NAME_MAX, .nullable = true},
};

static const char *const LATER[] = {
    "resources", "persistent", "group", "shield", "priority_locked", NULL,
};

static const struct shape LINE_SHAPE = SHAPE(FIELDS, LATER);
static const struct shape BODY_SHAPE = {
    .fields = FIELDS + LINE_ONLY, .fields_len = ARRAY_LEN(FIELDS) - LINE_ONLY, .later = LATER};
static const struct shape QUERY_SHAPE = {
    .fields = FIELDS + BODY_ONLY, .fields_len = ARRAY_LEN(FIELDS) - BODY_ONLY, .later = LATER};

static enum err check_times(struct codec *codec, const struct spot *spot,
                            const struct task_spec *spec)
{
    struct spot run_at = {.up = spot, .name = "run_at"};

    if (spec->delay_ms >= 0 && spec->run_at_ms >= 0)
        return codec_refuse(codec, &run_at, ERR_INVALID_FIELD, "goes without delay_s");
    return OK;
}

enum err task_spec_read(struct codec *codec, const struct spot *spot, json_t *value, bool is_line,
                        struct task_spec *ret_spec)
{
    struct draft draft = {.spec = task_spec_default(), .payload = {.bound = BOUND_PAYLOAD_MAX}};
    struct task_spec *spec = &draft.spec;
    enum err code =
        codec_object(codec, spot, value, is_line ? &LINE_SHAPE : &BODY_SHAPE, &draft, NULL);

    if (code == OK)
        code = check_times(codec, spot, spec);
    if (code == OK)
        code = body_of_said(codec, spot, "payload", &draft.payload, &spec->payload);
    if (code != OK)
        return code;
    if (spec->queue.at == NULL && spec->headers.at != NULL)
        return codec_refuse(codec, spot, ERR_UNROUTABLE,
                            "no queue takes tasks by their headers: name a queue");
    if (spec->queue.at == NULL)
        spec->queue = BYTES("default");
    *ret_spec = *spec;
    return OK;
}

enum err task_spec_read_query(const struct codec *plain, const struct query_pair *pairs,
                              size_t pairs_len, struct task_spec *ret_spec)
{
    struct draft draft = {.spec = task_spec_default()};
    struct document document = {.root = NULL};
    struct codec codec = *plain;
    enum err code =
        query_document(pairs, pairs_len, &QUERY_SHAPE, codec.arena, &document, codec.error);

    codec.document = &document;
    codec.in_query = true;
    if (code == OK)
        code = codec_object(&codec, NULL, document.root, &QUERY_SHAPE, &draft, NULL);
    if (code == OK)
        code = check_times(&codec, NULL, &draft.spec);
    document_close(&document);
    if (code == OK)
        *ret_spec = draft.spec;
    return code;
}
