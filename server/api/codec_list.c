/* List codec: every element is read by the same reader that a single member of its kind has. */
#include "codec_list.h"

static enum err read_list(struct codec *codec, const struct spot *spot, json_t *value,
                          const struct field *element, struct text_list *ret_list)
{
    size_t len = json_array_size(value);
    struct field one = *element;

    if (!json_is_array(value))
        return codec_wrong_type(codec, spot, value, "an array");
    if ((int64_t)len > element->max)
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "has %zu elements, at most %d are taken", len, (int)element->max);
    ret_list->at = arena_alloc(codec->arena, len * sizeof(*ret_list->at));
    ret_list->len = (unsigned)len;
    one.at = 0;
    one.max = LEASE_TEXT_MAX;
    for (size_t i = 0; i < len; i++) {
        struct spot here = {.up = spot, .index = i};
        enum err code = one.read(codec, &here, json_array_get(value, i), &one, &ret_list->at[i]);

        if (code != OK)
            return code;
    }
    return OK;
}

enum err field_names(struct codec *codec, const struct spot *spot, json_t *value,
                     const struct field *field, void *target)
{
    const struct field element = {.read = field_name, .max = field->max};

    return read_list(codec, spot, value, &element, (void *)((char *)target + field->at));
}

enum err field_labels(struct codec *codec, const struct spot *spot, json_t *value,
                      const struct field *field, void *target)
{
    const struct field element = {.read = field_label, .max = field->max};

    return read_list(codec, spot, value, &element, (void *)((char *)target + field->at));
}

enum err list_read_leases(struct codec *codec, const struct spot *spot, json_t *value,
                          struct text_list *ret_list)
{
    const struct field element = {.read = field_text, .min = 1, .max = LEASES_MAX};

    return read_list(codec, spot, value, &element, ret_list);
}
