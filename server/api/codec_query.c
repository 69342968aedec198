/* Query codec: each value takes the form that its field names; what fits no form stays a string,
 * for the field to refuse. */
#include "codec_query.h"

#include "base/buffer.h"
#include "base/json_out.h"
#include "base/parse.h"
#include "base/utf8.h"

enum { QUERY_NAME_MAX = 200 };

static json_t *number_or_text(struct bytes text)
{
    json_t *number = text.len > 0 ? json_loadb(text.at, text.len, JSON_DECODE_ANY, NULL) : NULL;

    if (json_is_number(number))
        return number;
    json_decref(number);
    return json_stringn(text.at, text.len);
}

/* As call_flag() reads them. */
static json_t *flag_or_text(struct bytes text)
{
    bool flag = false;

    return parse_bool(text, &flag) ? json_boolean(flag) : json_stringn(text.at, text.len);
}

static json_t *list_of(struct bytes text, bool numbers)
{
    json_t *list = json_array();
    struct bytes part;

    while (bytes_split(&text, ',', &part))
        json_array_append_new(list,
                              numbers ? number_or_text(part) : json_stringn(part.at, part.len));
    return list;
}

static json_t *value_of(struct bytes text, enum field_form form)
{
    switch (form) {
    case FORM_NUMBER:
        return number_or_text(text);
    case FORM_FLAG:
        return flag_or_text(text);
    case FORM_LIST:
    case FORM_NUMBERS:
        return list_of(text, form == FORM_NUMBERS);
    case FORM_TEXT:
    case FORM_OBJECT:
    case FORM_MAP:
        break;
    }
    return json_stringn(text.at, text.len);
}

static const struct field *find(const struct shape *shape, struct bytes name)
{
    for (size_t i = 0; i < shape->fields_len; i++)
        if (bytes_is(name, shape->fields[i].name))
            return &shape->fields[i];
    return NULL;
}

/* The object that a dotted name goes into, made when it is not there yet; cuts name and shape down
 * to it. */
static json_t *object_for(json_t *root, const struct shape **shape, struct bytes *name)
{
    struct bytes rest = *name;
    struct bytes first;

    if (!bytes_split(&rest, '.', &first) || rest.len == 0)
        return root;

    static const struct shape FREE = {.fields = NULL};
    const struct field *field = find(*shape, first);
    bool is_map = field != NULL && field->form == FORM_MAP;

    if (!is_map && (field == NULL || field->form != FORM_OBJECT || field->shape == NULL))
        return root;

    json_t *object = json_object_get(root, field->name);

    if (object == NULL) {
        object = json_object();
        json_object_set_new(root, field->name, object);
    }
    *shape = is_map ? &FREE : field->shape;
    *name = rest;
    return object;
}

static void put(json_t *root, const struct shape *shape, struct bytes name, struct bytes value,
                struct arena *arena)
{
    json_t *object = object_for(root, &shape, &name);

    if (!json_is_object(object)) /* ?retry=1&retry.jitter=full: the first is refused by its type */
        return;

    const struct field *field = find(shape, name);

    json_object_set_new(object, arena_string(arena, name),
                        value_of(value, field != NULL ? field->form : FORM_TEXT));
}

/* headers.a=1 says {"a":"1"}. */
static void lift_headers(const struct query_pair *pairs, size_t pairs_len, struct arena *arena,
                         struct document *document)
{
    static const size_t SKIP = sizeof("headers.") - 1;
    struct buffer buffer;
    struct json_out out;
    bool has_any = false;

    buffer_init(&buffer, HEADERS_BYTES_MAX * 2);
    json_out_init(&out, &buffer);
    json_out_object(&out);
    for (size_t i = 0; i < pairs_len; i++) {
        struct bytes name = pairs[i].name;

        if (!bytes_starts(name, "headers."))
            continue;
        json_out_key_bytes(&out, (struct bytes){name.at + SKIP, name.len - SKIP});
        json_out_text(&out, pairs[i].value);
        has_any = true;
    }
    json_out_object_end(&out);
    if (has_any) {
        struct bytes *value = arena_alloc(arena, sizeof(*value));

        *value = arena_bytes(arena, buffer_bytes(&buffer));
        document->lifted = (struct json_lifted){.values = value, .values_len = 1};
        json_object_set_new(document->root, "headers", json_integer(0));
    }
    buffer_fini(&buffer);
}

enum err query_document(const struct query_pair *pairs, size_t pairs_len, const struct shape *shape,
                        struct arena *arena, struct document *ret_document, struct error *error)
{
    ret_document->root = json_object();
    for (size_t i = 0; i < pairs_len; i++) {
        struct bytes name = pairs[i].name;

        if (name.len == 0 || name.len > QUERY_NAME_MAX || !utf8_is_valid(name) ||
            !utf8_is_valid(pairs[i].value) || memchr(name.at, 0, name.len) != NULL)
            return error_set(error, ERR_INVALID_FIELD, "?", "a parameter is not readable text");
        if (!bytes_starts(name, "headers."))
            put(ret_document->root, shape, name, pairs[i].value, arena);
    }
    lift_headers(pairs, pairs_len, arena, ret_document);
    return OK;
}
