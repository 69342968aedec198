/* Codec: walks an object once, finds each member's field, and turns what is wrong into one exact
 * sentence. */
#include "codec.h"

#include <stdarg.h>
#include <stdio.h>

enum { SPOT_DEPTH_MAX = 16, FIELDS_MAX = 64 };

/* ---- where and why ---- */

/* Append one step of a JSON pointer, escaped (RFC 6901), or of a parameter's dotted name. */
static size_t write_step(char *at, size_t room, const struct spot *spot, char separator)
{
    char index[24];
    const char *name = spot->name;
    size_t len = 0;

    if (name == NULL) {
        (void)snprintf(index, sizeof(index), "%zu", spot->index);
        name = index;
    }
    if (len < room && separator != 0)
        at[len++] = separator;
    for (; *name != 0 && len + 2 < room; name++) {
        bool is_special = separator == '/' && (*name == '/' || *name == '~');

        if (is_special)
            at[len++] = '~';
        at[len++] = !is_special ? *name : *name == '/' ? '1' : '0';
    }
    return len;
}

static void write_where(const struct codec *codec, const struct spot *spot, char *at, size_t size)
{
    const struct spot *steps[SPOT_DEPTH_MAX];
    unsigned depth = 0;
    size_t len = 0;

    for (; spot != NULL && depth < SPOT_DEPTH_MAX; spot = spot->up)
        steps[depth++] = spot;
    for (bool is_first = true; depth-- > 0; is_first = false) {
        char separator = !codec->in_query ? '/' : is_first ? '?' : '.';

        len += write_step(at + len, size - 1 - len, steps[depth], separator);
    }
    at[len] = 0;
}

enum err codec_refuse(struct codec *codec, const struct spot *spot, enum err code,
                      const char *format, ...)
{
    va_list args;

    codec->error->code = code;
    write_where(codec, spot, codec->error->where, sizeof(codec->error->where));
    va_start(args, format);
    (void)vsnprintf(codec->error->detail, sizeof(codec->error->detail), format, args);
    va_end(args);
    return code;
}

enum err codec_refuse_bound(struct codec *codec, const struct spot *spot, enum bound bound,
                            size_t got)
{
    enum err code = bound_refuse(codec->bounds, bound, got, "", codec->error);

    write_where(codec, spot, codec->error->where, sizeof(codec->error->where));
    return code;
}

static const char *kind_of(const json_t *value)
{
    static const char *const KINDS[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array",  [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a fraction", [JSON_TRUE] = "a boolean",
        [JSON_FALSE] = "a boolean",  [JSON_NULL] = "null",
    };

    return KINDS[json_typeof(value)];
}

enum err codec_wrong_type(struct codec *codec, const struct spot *spot, const json_t *value,
                          const char *wanted)
{
    return codec_refuse(codec, spot, ERR_INVALID_FIELD, "must be %s, not %s", wanted,
                        kind_of(value));
}

static enum err unknown(struct codec *codec, const struct spot *spot, const struct shape *shape)
{
    const char *names[FIELDS_MAX + 1] = {NULL};
    enum err code = codec->in_query ? ERR_INVALID_FIELD : ERR_UNKNOWN_MEMBER;
    const char *noun = codec->in_query ? "parameter" : "member";

    for (const char *const *later = shape->later; later != NULL && *later != NULL; later++)
        if (bytes_is(bytes_of(*later), spot->name))
            return codec_refuse(codec, spot, code, "not available in this version");
    for (size_t i = 0; i < shape->fields_len && i < FIELDS_MAX; i++)
        names[i] = shape->fields[i].name;

    const char *foreign = hint_foreign(bytes_of(spot->name), names);
    const char *near = hint_near(bytes_of(spot->name), names);

    if (foreign != NULL)
        return codec_refuse(codec, spot, code, "there is no %s %.64s here; it is called %s", noun,
                            spot->name, foreign);
    if (near == NULL)
        return codec_refuse(codec, spot, code, "there is no %s %.64s here", noun, spot->name);
    return codec_refuse(codec, spot, code, "there is no %s %.64s here; did you mean %s?", noun,
                        spot->name, near);
}

/* ---- objects ---- */

static const struct field *find_field(const struct shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->fields_len; i++)
        if (bytes_is(bytes_of(shape->fields[i].name), name))
            return &shape->fields[i];
    return NULL;
}

static enum err check_required(struct codec *codec, const struct spot *spot, json_t *object,
                               const struct shape *shape)
{
    for (size_t i = 0; i < shape->fields_len; i++) {
        const struct field *field = &shape->fields[i];
        struct spot member = {.up = spot, .name = field->name};

        if (field->required && json_object_get(object, field->name) == NULL)
            return codec_refuse(codec, &member, ERR_INVALID_FIELD, "is missing");
    }
    return OK;
}

enum err codec_object(struct codec *codec, const struct spot *spot, json_t *value,
                      const struct shape *shape, void *target, unsigned *ret_given)
{
    unsigned given = 0;
    const char *name;
    json_t *member;

    if (!json_is_object(value))
        return codec_wrong_type(codec, spot, value, "an object");
    json_object_foreach (value, name, member) {
        const struct field *field = find_field(shape, name);
        struct spot here = {.up = spot, .name = name};

        if (field == NULL)
            return unknown(codec, &here, shape);
        given |= field->bit;
        if (field->nullable && json_is_null(member))
            continue;

        enum err code = field->read(codec, &here, member, field, target);

        if (code != OK)
            return code;
    }
    if (ret_given != NULL)
        *ret_given = given;
    return check_required(codec, spot, value, shape);
}

enum err codec_body_lifting(struct codec *codec, struct bytes text, const char *const *lift,
                            const struct shape *shape, void *target, unsigned *ret_given)
{
    struct document document;
    enum err code = document_open(&document, text, lift, codec->bounds, codec->arena, codec->error);

    codec->document = &document;
    if (code == OK)
        code = codec_object(codec, NULL, document.root, shape, target, ret_given);
    codec->document = NULL;
    document_close(&document);
    return code;
}

enum err codec_body(struct codec *codec, struct bytes text, const struct shape *shape, void *target,
                    unsigned *ret_given)
{
    return codec_body_lifting(codec, text, DOCUMENT_LIFT, shape, target, ret_given);
}

/* ---- ranges ---- */

int64_t codec_min(const struct codec *codec, const struct field *field)
{
    return field->least != BOUND_NONE ? codec->bounds->of[field->least] : field->min;
}

int64_t codec_max(const struct codec *codec, const struct field *field)
{
    return field->most != BOUND_NONE ? codec->bounds->of[field->most] : field->max;
}
