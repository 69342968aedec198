/* Dedup codec: a key, what it is held against, and members that go with one word only. */
#include "codec_dedup.h"

static const char *const SCOPES[] = {
    [DEDUP_UNFINISHED] = "unfinished", [DEDUP_QUEUED] = "queued", [DEDUP_ACTIVE] = "active",
    [DEDUP_WINDOW] = "window",         [DEDUP_WINDOW + 1] = NULL,
};
static const char *const CONFLICTS[] = {
    [DEDUP_RETURN] = "return",     [DEDUP_REPLACE] = "replace", [DEDUP_REJECT] = "reject",
    [DEDUP_DEBOUNCE] = "debounce", [DEDUP_DEBOUNCE + 1] = NULL,
};

#define AT(member) .at = offsetof(struct dedup, member)
static const struct field FIELDS[] = {
    {.name = "key", .read = field_label, AT(key), .most = BOUND_TYPE_MAX, .required = true},
    {.name = "scope", .read = field_word, AT(scope), .words = SCOPES, .nullable = true},
    {.name = "window_s",
     .read = field_seconds,
     AT(window_ms),
     .min = 1,
     .max = DELAY_MAX_MS,
     .nullable = true,
     .form = FORM_NUMBER},
    {.name = "on_conflict",
     .read = field_word,
     AT(on_conflict),
     .words = CONFLICTS,
     .nullable = true},
    {.name = "max_delay_s",
     .read = field_seconds,
     AT(max_delay_ms),
     .min = 1,
     .most = BOUND_DELAY_MAX,
     .nullable = true,
     .form = FORM_NUMBER},
};
#undef AT

const struct shape DEDUP_SHAPE = SHAPE(FIELDS, NULL);

static enum err check(struct codec *codec, const struct spot *spot, const struct dedup *dedup)
{
    struct spot window = {.up = spot, .name = "window_s"};
    struct spot max_delay = {.up = spot, .name = "max_delay_s"};

    if (dedup->scope == DEDUP_WINDOW && dedup->window_ms == 0)
        return codec_refuse(codec, &window, ERR_INVALID_FIELD,
                            "is missing: scope window needs seconds from 0.001 to %lld",
                            (long long)(DELAY_MAX_MS / SECOND_MS));
    if (dedup->scope != DEDUP_WINDOW && dedup->window_ms != 0)
        return codec_refuse(codec, &window, ERR_INVALID_FIELD, "goes with scope window only");
    if (dedup->on_conflict != DEDUP_DEBOUNCE && dedup->max_delay_ms >= 0)
        return codec_refuse(codec, &max_delay, ERR_INVALID_FIELD,
                            "goes with on_conflict debounce only");
    return OK;
}

enum err field_dedup(struct codec *codec, const struct spot *spot, json_t *value,
                     const struct field *field, void *target)
{
    struct dedup dedup = {.max_delay_ms = -1};
    enum err code = codec_object(codec, spot, value, &DEDUP_SHAPE, &dedup, NULL);

    if (code == OK)
        code = check(codec, spot, &dedup);
    if (code == OK)
        *(struct dedup *)(void *)((char *)target + field->at) = dedup;
    return code;
}

void wire_dedup(struct json_out *out, const struct dedup *dedup)
{
    bool is_window = dedup->scope == DEDUP_WINDOW;
    bool is_debounce = dedup->on_conflict == DEDUP_DEBOUNCE;

    if (dedup->key.at == NULL) {
        json_out_null(out);
        return;
    }
    json_out_object(out);
    json_member_text(out, "key", dedup->key);
    json_member_text(out, "scope", bytes_of(SCOPES[dedup->scope]));
    json_member_seconds_or_null(out, "window_s", is_window ? dedup->window_ms : -1);
    json_member_text(out, "on_conflict", bytes_of(CONFLICTS[dedup->on_conflict]));
    json_member_seconds_or_null(out, "max_delay_s", is_debounce ? dedup->max_delay_ms : -1);
    json_out_object_end(out);
}
