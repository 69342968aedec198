/* Outcome codec: how attempts ended, as workers report them in arrays. */
#include "codec_body.h"
#include "codec_lease.h"
#include "codec_list.h"

struct outcome_draft {
    struct outcome outcome;
    struct body_said result;
    struct bytes error;
};

static const char *const KINDS[] = {"succeeded", "failed",    "released",
                                    "snoozed",   "cancelled", NULL};

#define AT(member) .at = offsetof(struct outcome_draft, member)
static const struct field FIELDS[] = {
    {.name = "lease",
     .read = field_text,
     AT(outcome.lease),
     .min = 1,
     .max = LEASE_TEXT_MAX,
     .required = true},
    {.name = "outcome",
     .read = field_word,
     AT(outcome.kind),
     .min = OUTCOME_SUCCEEDED,
     .words = KINDS,
     .required = true},
    {.name = "result", .read = field_raw, AT(result.json), .most = BOUND_RESULT_MAX},
    {.name = "result_base64", .read = field_text, AT(result.base64), .max = INT64_MAX},
    {.name = "content_type", .read = field_text, AT(result.content_type), .max = 255},
    {.name = "error", .read = field_object, AT(error), .most = BOUND_FAILURE_MAX, .nullable = true},
    {.name = "delay_s",
     .read = field_seconds,
     AT(outcome.delay_ms),
     .most = BOUND_DELAY_MAX,
     .nullable = true},
};
static const char *const LATER[] = {"then", NULL};
static const struct shape SHAPE_OF_ONE = SHAPE(FIELDS, LATER);

/* Which members go with which outcome. */
static enum err check(struct codec *codec, const struct spot *spot,
                      const struct outcome_draft *draft)
{
    enum outcome_kind kind = draft->outcome.kind;
    struct spot result = {.up = spot, .name = "result"};
    struct spot error = {.up = spot, .name = "error"};
    struct spot delay = {.up = spot, .name = "delay_s"};
    bool has_result = draft->result.json.at != NULL || draft->result.base64.at != NULL;

    if (has_result && kind != OUTCOME_SUCCEEDED)
        return codec_refuse(codec, &result, ERR_INVALID_FIELD, "goes with succeeded only");
    if (draft->error.at != NULL && kind != OUTCOME_FAILED && kind != OUTCOME_CANCELLED)
        return codec_refuse(codec, &error, ERR_INVALID_FIELD,
                            "goes with failed and cancelled only");
    if (draft->outcome.delay_ms >= 0 && kind != OUTCOME_FAILED && kind != OUTCOME_SNOOZED)
        return codec_refuse(codec, &delay, ERR_INVALID_FIELD, "goes with failed and snoozed only");
    if (draft->outcome.delay_ms < 0 && kind == OUTCOME_SNOOZED)
        return codec_refuse(codec, &delay, ERR_INVALID_FIELD, "is missing");
    return OK;
}

static enum err read_one(struct codec *codec, const struct spot *spot, json_t *value,
                         struct outcome *ret_outcome)
{
    struct outcome_draft draft = {.outcome = {.delay_ms = -1, .retryable = true},
                                  .result = {.bound = BOUND_RESULT_MAX}};
    struct spot error = {.up = spot, .name = "error"};
    enum err code = codec_object(codec, spot, value, &SHAPE_OF_ONE, &draft, NULL);

    if (code == OK)
        code = check(codec, spot, &draft);
    if (code == OK)
        code = body_of_said(codec, spot, "result", &draft.result, &draft.outcome.result);
    if (code == OK && draft.error.at != NULL)
        code = failure_of_error(codec, &error, draft.error, &draft.outcome);
    if (code == OK)
        *ret_outcome = draft.outcome;
    return code;
}

enum err outcomes_read(struct codec *codec, const struct spot *spot, json_t *value,
                       struct outcome **ret_outcomes, unsigned *ret_len)
{
    size_t len = json_array_size(value);

    if (!json_is_array(value))
        return codec_wrong_type(codec, spot, value, "an array of outcomes");
    if ((int64_t)len > codec->bounds->of[BOUND_OUTCOMES_MAX])
        return codec_refuse_bound(codec, spot, BOUND_OUTCOMES_MAX, len);

    struct outcome *outcomes = arena_alloc(codec->arena, len * sizeof(*outcomes));

    for (size_t i = 0; i < len; i++) {
        struct spot here = {.up = spot, .index = i};
        enum err code = read_one(codec, &here, json_array_get(value, i), &outcomes[i]);

        if (code != OK)
            return code;
    }
    *ret_outcomes = outcomes;
    *ret_len = (unsigned)len;
    return OK;
}
