/* Webhook codec: lists of globs become one text, and only some may name a URL with a task. */
#include "codec_webhook.h"

#include "codec_push.h"
#include "domain/push_url.h"

enum { TYPES_MAX = 64 };

/* ---- settings ---- */

enum { SAID_SECRET = 1 };

static enum err refuse_type(struct codec *codec, const struct spot *spot, struct bytes glob)
{
    const char *near = hint_event(glob);

    if (near != NULL)
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "no event has such a type; did you mean %s?", near);
    return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                        "no event has such a type; they are task.failed, worker.* and so on");
}

/* An empty list would be told of nothing. */
static enum err field_types(struct codec *codec, const struct spot *spot, json_t *value,
                            const struct field *field, void *target)
{
    struct buffer globs;
    size_t len = json_array_size(value);
    enum err code = OK;

    if (!json_is_array(value))
        return codec_wrong_type(codec, spot, value,
                                "an array of 1 to 64 types of events, with * for any letters");
    if (len == 0 || len > TYPES_MAX)
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be an array of 1 to %d types of events, with * for any letters; "
                            "null or nothing is all of them",
                            TYPES_MAX);
    buffer_init(&globs, SIZE_MAX);
    for (size_t i = 0; code == OK && i < len; i++) {
        struct spot here = {.up = spot, .index = i};
        struct bytes glob = BYTES("");

        code = codec_text(codec, &here, json_array_get(value, i), &glob);
        if (code == OK && (memchr(glob.at, ',', glob.len) != NULL || !event_types_are_valid(glob)))
            code = refuse_type(codec, &here, glob);
        buffer_printf(&globs, "%s%.*s", i > 0 ? "," : "", BYTES_ARG(glob));
    }
    *(struct bytes *)(void *)((char *)target + field->at) =
        arena_bytes(codec->arena, buffer_bytes(&globs));
    buffer_fini(&globs);
    if (code == OK && !globs_are_valid(*(struct bytes *)(void *)((char *)target + field->at)))
        code = codec_refuse(codec, spot, ERR_INVALID_FIELD, "is longer than %d bytes in all",
                            GLOBS_LEN_MAX);
    return code;
}

static enum err field_globs(struct codec *codec, const struct spot *spot, json_t *value,
                            const struct field *field, void *target)
{
    struct bytes globs;
    enum err code = codec_text(codec, spot, value, &globs);

    if (code == OK && !globs_are_valid(globs))
        code = codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be a queue's name, with * for any letters; several are joined by "
                            "commas");
    if (code == OK)
        *(struct bytes *)(void *)((char *)target + field->at) = globs;
    return code;
}

#define AT(member) .at = offsetof(struct webhook_edit, member)
static const struct field FIELDS[] = {
    {.name = "url", .read = field_push_url, AT(settings.url), .required = true},
    {.name = "secret", .read = field_push_secret, AT(key), .nullable = true, .bit = SAID_SECRET},
    {.name = "types", .read = field_types, AT(settings.types), .nullable = true},
    {.name = "queue", .read = field_globs, AT(settings.queues), .nullable = true},
    {.name = "enabled", .read = field_bool, AT(settings.enabled), .nullable = true},
};
#undef AT
static const struct shape SHAPE_OF_WEBHOOK = SHAPE(FIELDS, NULL);

enum err webhook_edit_read(struct codec *codec, struct bytes text, struct webhook_edit *edit)
{
    unsigned said = 0;
    enum err code;

    edit->settings = (struct webhook_settings){.enabled = true};
    code = codec_body(codec, text, &SHAPE_OF_WEBHOOK, edit, &said);
    edit->makes_key = (said & SAID_SECRET) != 0 && edit->key.len == 0;
    return code;
}

/* ---- of a task ---- */

struct callback {
    struct bytes url, webhook;
};

#define AT(member) .at = offsetof(struct callback, member)
static const struct field CALLBACK_FIELDS[] = {
    {.name = "url", .read = field_text, AT(url), .min = 1, .max = PUSH_URL_MAX, .nullable = true},
    {.name = "webhook", .read = field_name, AT(webhook), .most = BOUND_NAME_MAX, .nullable = true},
};
#undef AT
const struct shape CALLBACK_SHAPE = SHAPE(CALLBACK_FIELDS, NULL);

static bool may_name_urls(const struct principal *by)
{
    return by != NULL && (by->grant.role == ROLE_OPERATOR || by->grant.role == ROLE_ADMIN);
}

/* What a schedule's template says was judged when the schedule was set up. */
static enum err check_url(struct codec *codec, const struct spot *up, struct bytes text)
{
    struct spot spot = {.up = up, .name = "url"};
    struct push_url url;
    struct error error;

    if (codec->is_judged)
        return OK;
    if (codec->push_policy == NULL || !codec->push_policy->allow_task_urls)
        return codec_refuse(codec, &spot, ERR_INVALID_FIELD,
                            "no task may name a URL here (push_allow_task_urls is off): name a "
                            "webhook");
    if (!may_name_urls(codec->by))
        return codec_refuse(codec, &spot, ERR_FORBIDDEN,
                            "only tokens of the roles operator and admin may name a URL: name a "
                            "webhook");
    if (push_url_read(text, codec->push_policy, &url, &error) != OK)
        return codec_refuse(codec, &spot, ERR_INVALID_FIELD, "%s", error.detail);
    return OK;
}

enum err field_callback(struct codec *codec, const struct spot *spot, json_t *value,
                        const struct field *field, void *target)
{
    struct task_rules *rules = (void *)((char *)target + field->at);
    struct callback callback = {.url = BYTES_NONE};
    enum err code = codec_object(codec, spot, value, &CALLBACK_SHAPE, &callback, NULL);

    if (code == OK && (callback.url.at == NULL) == (callback.webhook.at == NULL))
        code = codec_refuse(codec, spot, ERR_INVALID_FIELD, "must name one of url and webhook");
    if (code == OK && callback.url.at != NULL)
        code = check_url(codec, spot, callback.url);
    if (code != OK)
        return code;
    rules->callback_url = callback.url;
    rules->callback_webhook = callback.webhook;
    return OK;
}
