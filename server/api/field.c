/* Field: the readers of single members that many shapes share. */
#include <inttypes.h>
#include <math.h>

#include "base/id.h"
#include "base/time_text.h"
#include "codec.h"

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

enum err field_name(struct codec *codec, const struct spot *spot, json_t *value,
                    const struct field *field, void *target)
{
    struct bytes name;
    enum err code = codec_text(codec, spot, value, &name);

    if (code != OK)
        return code;
    if (!name_is_valid(name))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be 1 to %d characters of A-Z a-z 0-9 . _ : -", NAME_LEN_MAX);
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
    if (!label_is_valid(label))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be 1 to %d bytes without control characters", TYPE_LEN_MAX);
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

enum err field_int(struct codec *codec, const struct spot *spot, json_t *value,
                   const struct field *field, void *target)
{
    if (!json_is_integer(value))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be a whole number from %" PRId64 " to %" PRId64, field->min,
                            field->max);

    int64_t number = json_integer_value(value);

    if (number < field->min || number > field->max)
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be a whole number from %" PRId64 " to %" PRId64 ", not %" PRId64,
                            field->min, field->max, number);
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
    double min = (double)field->min / 1000;
    double max = (double)field->max / 1000;

    if (!json_is_number(value))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be a number of seconds from %.15g to %.15g", min, max);

    double seconds = json_number_value(value);

    if (!(seconds >= min && seconds <= max))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be a number of seconds from %.15g to %.15g, not %.15g", min, max,
                            seconds);
    *ret_ms = llround(seconds * 1000);
    return OK;
}

enum err field_seconds(struct codec *codec, const struct spot *spot, json_t *value,
                       const struct field *field, void *target)
{
    return codec_seconds(codec, spot, value, field, place(target, field));
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
    if ((int64_t)raw.len > field->max)
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
    code = document_check_object(*raw, "", &members, &inner);
    if (code != OK)
        return codec_refuse(codec, spot, code, "%s", inner.detail);
    if (field->min > 0 && (int64_t)members > field->min)
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "has %zu members, at most %" PRId64 " are taken", members, field->min);
    return OK;
}
