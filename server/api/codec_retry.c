/* Retry codec: a retry policy as a task or a queue says it. */
#include "codec_query.h"
#include "codec_task.h"

/* Members that count only together are told apart while reading; the policy knows them as one. */
enum {
    SAID_BACKOFF = 1 << 8,
    SAID_DELAY = 1 << 9,
    SAID_MAX_DELAY = 1 << 10,
};

static const char *const BACKOFFS[] = {"fixed", "linear", "exponential", NULL};
static const char *const JITTERS[] = {"none", "full", "equal", NULL};

static enum err field_delays(struct codec *codec, const struct spot *spot, json_t *value,
                             const struct field *field, void *target)
{
    struct retry_policy *policy = target;
    size_t len = json_array_size(value);

    if (!json_is_array(value) || len < 1 || len > RETRY_DELAYS_MAX)
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be an array of 1 to %d numbers of seconds", RETRY_DELAYS_MAX);
    for (size_t i = 0; i < len; i++) {
        struct spot here = {.up = spot, .index = i};
        enum err code =
            codec_seconds(codec, &here, json_array_get(value, i), field, &policy->delays_ms[i]);

        if (code != OK)
            return code;
    }
    policy->delays_len = (unsigned)len;
    return OK;
}

static enum err field_failure_types(struct codec *codec, const struct spot *spot, json_t *value,
                                    const struct field *field, void *target)
{
    const struct field plain = {.most = BOUND_TYPE_MAX};
    size_t len = json_array_size(value);
    struct retry_policy *policy = target;

    if (!json_is_array(value) || (int64_t)len > field->max)
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be an array of at most %d failure types", (int)field->max);

    char *joined = arena_alloc(codec->arena, len * (TYPE_MAX_CEILING + 1) + 1);
    char *end = joined;

    for (size_t i = 0; i < len; i++) {
        struct spot here = {.up = spot, .index = i};
        struct bytes type;
        enum err code = field_label(codec, &here, json_array_get(value, i), &plain, &type);

        if (code != OK)
            return code;
        memcpy(end, type.at, type.len);
        end[type.len] = '\n';
        end += type.len + 1;
    }
    policy->non_retryable = (struct bytes){joined, (size_t)(end - joined)};
    return OK;
}

#define AT(member) .at = offsetof(struct retry_policy, member)

static const struct field FIELDS[] = {
    {.name = "max_attempts",
     .read = field_int32,
     AT(max_attempts),
     .min = 1,
     .most = BOUND_ATTEMPTS_MAX,
     .form = FORM_NUMBER,
     .bit = RETRY_HAS_MAX_ATTEMPTS},
    {.name = "max_crashes",
     .read = field_int32,
     AT(max_crashes),
     .min = 1,
     .most = BOUND_ATTEMPTS_MAX,
     .form = FORM_NUMBER,
     .bit = RETRY_HAS_MAX_CRASHES},
    {.name = "delays_s",
     .read = field_delays,
     .most = BOUND_DELAY_MAX,
     .form = FORM_NUMBERS,
     .bit = RETRY_HAS_DELAYS},
    {.name = "backoff",
     .read = field_word,
     AT(backoff),
     .min = RETRY_FIXED,
     .words = BACKOFFS,
     .bit = SAID_BACKOFF},
    {.name = "delay_s",
     .read = field_seconds,
     AT(delay_ms),
     .most = BOUND_DELAY_MAX,
     .form = FORM_NUMBER,
     .bit = SAID_DELAY},
    {.name = "max_delay_s",
     .read = field_seconds,
     AT(max_delay_ms),
     .most = BOUND_DELAY_MAX,
     .nullable = true,
     .form = FORM_NUMBER,
     .bit = SAID_MAX_DELAY},
    {.name = "jitter",
     .read = field_word,
     AT(jitter),
     .min = RETRY_JITTER_NONE,
     .words = JITTERS,
     .bit = RETRY_HAS_JITTER},
    {.name = "non_retryable",
     .read = field_failure_types,
     .max = 64,
     .form = FORM_LIST,
     .bit = RETRY_HAS_NON_RETRYABLE},
};

const struct shape RETRY_SHAPE = SHAPE(FIELDS, NULL);

/* Either a ladder of delays, or a backoff with its delay and cap. */
static enum err check_delays(struct codec *codec, const struct spot *spot, unsigned said,
                             const struct retry_policy *policy)
{
    struct spot backoff = {.up = spot, .name = "backoff"};
    struct spot delay = {.up = spot, .name = "delay_s"};

    if ((said & SAID_BACKOFF) != 0 && (said & RETRY_HAS_DELAYS) != 0)
        return codec_refuse(codec, &backoff, ERR_INVALID_FIELD, "goes without delays_s");
    if ((said & SAID_BACKOFF) == 0 && (said & (SAID_DELAY | SAID_MAX_DELAY)) != 0)
        return codec_refuse(codec, &backoff, ERR_INVALID_FIELD,
                            "is missing: delay_s and max_delay_s go with it");
    if (policy->max_delay_ms >= 0 && policy->delay_ms > policy->max_delay_ms)
        return codec_refuse(codec, &delay, ERR_INVALID_FIELD, "is more than max_delay_s");
    return OK;
}

enum err field_retry(struct codec *codec, const struct spot *spot, json_t *value,
                     const struct field *field, void *target)
{
    struct retry_policy policy = {.max_delay_ms = -1};
    unsigned said = 0;
    enum err code = codec_object(codec, spot, value, &RETRY_SHAPE, &policy, &said);

    if (code == OK)
        code = check_delays(codec, spot, said, &policy);
    if (code != OK)
        return code;
    if ((said & SAID_BACKOFF) != 0) {
        said |= RETRY_HAS_DELAYS;
        if ((said & SAID_DELAY) == 0)
            policy.delay_ms = SECOND_MS;
    }
    policy.given = said & (RETRY_HAS_MAX_ATTEMPTS | RETRY_HAS_MAX_CRASHES | RETRY_HAS_DELAYS |
                           RETRY_HAS_JITTER | RETRY_HAS_NON_RETRYABLE);
    *(struct retry_policy *)(void *)((char *)target + field->at) = policy;
    return OK;
}
