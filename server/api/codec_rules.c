/* Rules codec: lists of names and ids are written in one form each, and nothing is in them twice.
 */
#include "codec_rules.h"

#include <math.h>

#include "base/id.h"
#include "domain/rules.h"

/* ---- limits ---- */

#define AT(member) .at = offsetof(struct limit_use, member)
static const struct field USE_FIELDS[] = {
    {.name = "name", .read = field_name, AT(name), .most = BOUND_NAME_MAX, .required = true},
    {.name = "units",
     .read = field_int,
     AT(units),
     .min = 1,
     .max = LIMIT_UNITS_MAX,
     .nullable = true},
};
#undef AT
static const struct shape USE_SHAPE = SHAPE(USE_FIELDS, NULL);

static enum err read_use(struct codec *codec, const struct spot *spot, json_t *value,
                         struct limit_use *ret_use)
{
    const struct field plain = {.at = offsetof(struct limit_use, name), .most = BOUND_NAME_MAX};

    *ret_use = (struct limit_use){.units = 1};
    if (json_is_string(value))
        return field_name(codec, spot, value, &plain, ret_use);
    if (json_is_object(value))
        return codec_object(codec, spot, value, &USE_SHAPE, ret_use, NULL);
    return codec_wrong_type(codec, spot, value, "a name, or an object of name and units");
}

enum err field_limits(struct codec *codec, const struct spot *spot, json_t *value,
                      const struct field *field, void *target)
{
    struct limit_use uses[TASK_LIMITS_MAX_CEILING];
    size_t len = json_array_size(value);

    if (!json_is_array(value))
        return codec_wrong_type(codec, spot, value, "an array of names, or of names with units");
    if ((int64_t)len > codec->bounds->of[BOUND_TASK_LIMITS_MAX])
        return codec_refuse_bound(codec, spot, BOUND_TASK_LIMITS_MAX, len);
    for (size_t i = 0; i < len; i++) {
        struct spot here = {.up = spot, .index = i};
        enum err code = read_use(codec, &here, json_array_get(value, i), &uses[i]);

        if (code != OK)
            return code;
        for (size_t j = 0; j < i; j++)
            if (bytes_equal(uses[i].name, uses[j].name))
                return codec_refuse(codec, &here, ERR_INVALID_FIELD, "is given twice");
    }
    *(struct bytes *)(void *)((char *)target + field->at) =
        limits_write(uses, (unsigned)len, codec->arena);
    return OK;
}

/* ---- shares ---- */

/* A fraction that is finer than a thousandth is rounded, never to nothing. */
enum err field_weight(struct codec *codec, const struct spot *spot, json_t *value,
                      const struct field *field, void *target)
{
    static const char WANTED[] = "a number from 0.001 to 1000";
    double weight = json_number_value(value);

    if (!json_is_number(value))
        return codec_wrong_type(codec, spot, value, WANTED);
    if (!(weight * 1000 >= (double)WEIGHT_MIN_MILLI && weight * 1000 <= (double)WEIGHT_MAX_MILLI))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD, "must be %s, not %.15g", WANTED,
                            weight);
    *(int64_t *)(void *)((char *)target + field->at) = llround(weight * 1000);
    return OK;
}

/* ---- dependencies ---- */

/* Whatever form the id came in, it is kept in one. */
static enum err read_dependency(struct codec *codec, const struct spot *spot, json_t *value,
                                struct bytes *ret_name)
{
    const struct field plain = {.most = BOUND_NAME_MAX};
    struct bytes text = {json_string_value(value), json_string_length(value)};
    char canonical[ID_TEXT_LEN + 1];
    struct id id;

    if (json_is_string(value) && id_parse(text, &id)) {
        id_format(id, canonical);
        *ret_name = arena_bytes(codec->arena, bytes_of(canonical));
        return OK;
    }
    if (!json_is_string(value))
        return codec_wrong_type(codec, spot, value, "the id of a task (a UUID)");
    if (!codec->in_array)
        return codec_refuse(codec, spot, ERR_INVALID_FIELD, "must be the id of a task (a UUID)");
    return field_name(codec, spot, value, &plain, ret_name);
}

enum err field_depends_on(struct codec *codec, const struct spot *spot, json_t *value,
                          const struct field *field, void *target)
{
    size_t len = json_array_size(value);

    if (!json_is_array(value))
        return codec_wrong_type(codec, spot, value, "an array of ids of tasks");
    if ((int64_t)len > codec->bounds->of[BOUND_DEPENDS_ON_MAX])
        return codec_refuse_bound(codec, spot, BOUND_DEPENDS_ON_MAX, len);

    struct bytes *names = arena_alloc(codec->arena, (len + 1) * sizeof(*names));
    char *joined = arena_alloc(codec->arena, len * (NAME_MAX_CEILING + 1) + 1);
    char *end = joined;

    for (size_t i = 0; i < len; i++) {
        struct spot here = {.up = spot, .index = i};
        enum err code = read_dependency(codec, &here, json_array_get(value, i), &names[i]);

        if (code != OK)
            return code;
        for (size_t j = 0; j < i; j++)
            if (bytes_equal(names[i], names[j]))
                return codec_refuse(codec, &here, ERR_INVALID_FIELD, "is given twice");
        memcpy(end, names[i].at, names[i].len);
        end[names[i].len] = '\n';
        end += names[i].len + 1;
    }
    *(struct bytes *)(void *)((char *)target + field->at) =
        len > 0 ? (struct bytes){joined, (size_t)(end - joined)} : BYTES_NONE;
    return OK;
}

enum err field_ref(struct codec *codec, const struct spot *spot, json_t *value,
                   const struct field *field, void *target)
{
    struct bytes text = {json_string_value(value), json_string_length(value)};
    struct id id;

    if (!codec->in_array)
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "goes with the tasks of an array only (POST /v1/tasks/batch)");
    if (json_is_string(value) && id_parse(text, &id))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be a name: this one would be taken for a task's id");
    return field_name(codec, spot, value, field, target);
}
