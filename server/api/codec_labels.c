/* Labels codec: each value is text; what is there is written in one order. */
#include "codec_labels.h"

#include "domain/labels.h"

static enum err read_label(struct codec *codec, const struct spot *spot, json_t *value,
                           struct label *ret_label)
{
    struct bytes name = bytes_of(spot->name);
    enum err code;

    if (!name_is_valid(name))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "the name of a label must be 1 to %d characters of A-Z a-z 0-9 . _ : -",
                            NAME_MAX_CEILING);
    code = codec_text(codec, spot, value, &ret_label->value);
    if (code == OK && !label_value_is_valid(ret_label->value))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be up to %d bytes of UTF-8 without control characters",
                            LABEL_VALUE_MAX);
    ret_label->name = arena_bytes(codec->arena, name);
    return code;
}

enum err field_label_map(struct codec *codec, const struct spot *spot, json_t *value,
                         const struct field *field, void *target)
{
    struct label labels[LABELS_MAX];
    unsigned len = 0;
    const char *name;
    json_t *member;

    if (!json_is_object(value))
        return codec_wrong_type(codec, spot, value, "an object of names and texts");
    if (json_object_size(value) > LABELS_MAX)
        return codec_refuse(codec, spot, ERR_INVALID_FIELD, "has %zu labels, at most %d are taken",
                            json_object_size(value), LABELS_MAX);
    json_object_foreach (value, name, member) {
        struct spot here = {.up = spot, .name = name};
        enum err code = read_label(codec, &here, member, &labels[len++]);

        if (code != OK)
            return code;
    }
    *(struct bytes *)(void *)((char *)target + field->at) =
        len > 0 ? labels_write(labels, len, codec->arena) : BYTES_NONE;
    return OK;
}
