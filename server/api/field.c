/* Field: the readers of single members that many shapes share. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/id.h"
#include "base/time_text.h"
#include "codec.h"

enum { SET_BY_MAX = 2 * BOUND_TEXT_MAX + 8 };

static void *place(void *target, const struct field *field)
{
    return (char *)target + field->at;
}

enum err codec_text(struct codec *codec, const struct spot *spot, json_t *value,
                    struct bytes *ret_text)
{
    if (!json_is_string(value))
        return codec_wrong_type(codec, spot, value, "a string");
    *ret_text = arena_bytes(codec->arena,
                            (struct bytes){json_string_value(value), json_string_length(value)});
    return OK;
}

static bool is_over(const struct codec *codec, const struct field *field, size_t len)
{
    return field->most != BOUND_NONE && (int64_t)len > codec->bounds->of[field->most];
}

enum err field_name(struct codec *codec, const struct spot *spot, json_t *value,
                    const struct field *field, void *target)
{
    struct bytes name;
    enum err code = codec_text(codec, spot, value, &name);

    if (code != OK)
        return code;
    if (!name_is_valid(name))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be 1 to %d characters of A-Z a-z 0-9 . _ : - (name_max: %d)",
                            (int)codec->bounds->of[BOUND_NAME_MAX],
                            (int)codec->bounds->of[BOUND_NAME_MAX]);
    if (is_over(codec, field, name.len))
        return codec_refuse_bound(codec, spot, field->most, name.len);
    *(struct bytes *)place(target, field) = name;
    return OK;
}

enum err field_label(struct codec *codec, const struct spot *spot, json_t *value,
                     const struct field *field, void *target)
{
    struct bytes label;
    enum err code = codec_text(codec, spot, value, &label);

    if (code != OK)
        return code;
    if (is_over(codec, field, label.len))
        return codec_refuse_bound(codec, spot, field->most, label.len);
    if (!label_is_valid(label))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be 1 to %d bytes of UTF-8 without control characters",
                            TYPE_MAX_CEILING);
    *(struct bytes *)place(target, field) = label;
    return OK;
}

enum err field_text(struct codec *codec, const struct spot *spot, json_t *value,
                    const struct field *field, void *target)
{
    struct bytes text;
    enum err code = codec_text(codec, spot, value, &text);

    if (code != OK)
        return code;
    if ((int64_t)text.len < field->min || (int64_t)text.len > field->max)
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be %" PRId64 " to %" PRId64 " bytes, not %zu", field->min,
                            field->max, text.len);
    *(struct bytes *)place(target, field) = text;
    return OK;
}

/* " (lease_min: 1 s, lease_max: 43200 s)": what an operator can move; "" when nothing. */
static void name_bounds(const struct codec *codec, const struct field *field,
                        char ret_text[SET_BY_MAX])
{
    const enum bound ends[] = {field->least, field->most};
    size_t len = 0;

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char text[BOUND_TEXT_MAX];

        if (ends[i] == BOUND_NONE)
            continue;
        bound_format(codec->bounds, ends[i], text);
        len +=
            (size_t)snprintf(ret_text + len, SET_BY_MAX - len, "%s%s", len > 0 ? ", " : " (", text);
    }
    (void)snprintf(ret_text + len, SET_BY_MAX - len, "%s", len > 0 ? ")" : "");
}

enum err field_int(struct codec *codec, const struct spot *spot, json_t *value,
                   const struct field *field, void *target)
{
    int64_t min = codec_min(codec, field);
    int64_t max = codec_max(codec, field);
    char set_by[SET_BY_MAX];

    name_bounds(codec, field, set_by);
    if (!json_is_integer(value))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be a whole number from %" PRId64 " to %" PRId64 "%s", min, max,
                            set_by);

    int64_t number = json_integer_value(value);

    if (number < min || number > max)
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be a whole number from %" PRId64 " to %" PRId64 ", not %" PRId64
                            "%s",
                            min, max, number, set_by);
    *(int64_t *)place(target, field) = number;
    return OK;
}

enum err field_int32(struct codec *codec, const struct spot *spot, json_t *value,
                     const struct field *field, void *target)
{
    struct field wide = *field;
    int64_t number = 0;

    wide.at = 0;

    enum err code = field_int(codec, spot, value, &wide, &number);

    if (code == OK)
        *(int32_t *)place(target, field) = (int32_t)number;
    return code;
}

enum err codec_seconds(struct codec *codec, const struct spot *spot, json_t *value,
                       const struct field *field, int64_t *ret_ms)
{
    int64_t min_ms = codec_min(codec, field);
    int64_t max_ms = codec_max(codec, field);
    double min = (double)min_ms / 1000;
    double max = (double)max_ms / 1000;
    char set_by[SET_BY_MAX];

    name_bounds(codec, field, set_by);
    if (!json_is_number(value))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be a number of seconds from %.15g to %.15g%s", min, max, set_by);

    double seconds = json_number_value(value);

    if (!(seconds >= min && seconds <= max))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be a number of seconds from %.15g to %.15g, not %.15g%s", min,
                            max, seconds, set_by);
    *ret_ms = llround(seconds * 1000);
    return OK;
}

enum err field_seconds(struct codec *codec, const struct spot *spot, json_t *value,
                       const struct field *field, void *target)
{
    return codec_seconds(codec, spot, value, field, place(target, field));
}

static enum err refuse_far(struct codec *codec, const struct spot *spot, enum bound bound)
{
    char text[BOUND_TEXT_MAX];

    bound_format(codec->bounds, bound, text);
    return codec_refuse(codec, spot, ERR_INVALID_FIELD, "is too far away (%s)", text);
}

enum err field_time(struct codec *codec, const struct spot *spot, json_t *value,
                    const struct field *field, void *target)
{
    static const char WANTED[] = "an RFC 3339 time from 1970 to 9999, as in 2026-01-02T03:04:05Z";
    int64_t wall_ms = 0;

    if (!json_is_string(value))
        return codec_wrong_type(codec, spot, value, WANTED);
    if (!time_read((struct bytes){json_string_value(value), json_string_length(value)}, &wall_ms))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD, "must be %s", WANTED);
    if (field->most != BOUND_NONE && wall_ms - codec->now_ms > codec->bounds->of[field->most])
        return refuse_far(codec, spot, field->most);
    *(int64_t *)place(target, field) = wall_ms;
    return OK;
}

enum err field_bool(struct codec *codec, const struct spot *spot, json_t *value,
                    const struct field *field, void *target)
{
    if (!json_is_boolean(value))
        return codec_wrong_type(codec, spot, value, "true or false");
    *(bool *)place(target, field) = json_is_true(value);
    return OK;
}

enum err field_word(struct codec *codec, const struct spot *spot, json_t *value,
                    const struct field *field, void *target)
{
    struct error *error = codec->error;
    const char *word = json_string_value(value);

    for (unsigned i = 0; word != NULL && field->words[i] != NULL; i++) {
        if (bytes_is(bytes_of(field->words[i]), word)) {
            *(unsigned *)place(target, field) = (unsigned)field->min + i;
            return OK;
        }
    }
    (void)codec_refuse(codec, spot, ERR_INVALID_FIELD, "must be one of");
    for (unsigned i = 0; field->words[i] != NULL; i++) {
        size_t len = strlen(error->detail);

        (void)snprintf(error->detail + len, sizeof(error->detail) - len, " %s", field->words[i]);
    }
    return error->code;
}

enum err field_id(struct codec *codec, const struct spot *spot, json_t *value,
                  const struct field *field, void *target)
{
    struct bytes text = {json_string_value(value), json_string_length(value)};

    if (!json_is_string(value))
        return codec_wrong_type(codec, spot, value, "an id");
    if (!id_parse(text, place(target, field)))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD, "must be an id (a UUID)");
    return OK;
}

enum err field_raw(struct codec *codec, const struct spot *spot, json_t *value,
                   const struct field *field, void *target)
{
    struct bytes raw;

    if (!document_raw(codec->document, value, &raw))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD, "cannot be taken here");
    if (is_over(codec, field, raw.len))
        return codec_refuse_bound(codec, spot, field->most, raw.len);
    if (field->most == BOUND_NONE && (int64_t)raw.len > field->max)
        return codec_refuse(codec, spot, ERR_TOO_LARGE,
                            "%s has %zu bytes, at most %" PRId64 " are taken", field->name, raw.len,
                            field->max);
    *(struct bytes *)place(target, field) = raw;
    return OK;
}

enum err field_object(struct codec *codec, const struct spot *spot, json_t *value,
                      const struct field *field, void *target)
{
    size_t members = 0;
    enum err code = field_raw(codec, spot, value, field, target);

    if (code != OK)
        return code;

    struct error inner = {.code = OK};
    struct bytes *raw = place(target, field);

    if (field->nullable && bytes_is(*raw, "null")) {
        *raw = BYTES_NONE;
        return OK;
    }
    code = document_check_object(*raw, codec->bounds, &members, &inner);
    if (code != OK)
        return codec_refuse(codec, spot, code, "%s", inner.detail);
    if (field->least != BOUND_NONE && (int64_t)members > codec_min(codec, field))
        return codec_refuse_bound(codec, spot, field->least, members);
    if (field->min > 0 && (int64_t)members > field->min)
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "has %zu members, at most %" PRId64 " are taken", members, field->min);
    return OK;
}
