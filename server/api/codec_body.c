/* Body codec: decides once whether bytes are JSON; from then on a content type of NONE means that
 * they are. */
#include "codec_body.h"

#include <stdio.h>

#include "base/base64.h"
#include "header_value.h"

/* Bytes that call themselves JSON, or nothing, are JSON if they are; else what they say. */
static struct body typed(const struct codec *codec, struct bytes data, struct bytes content_type)
{
    enum media media = media_of(content_type);

    if (data.at == NULL)
        data = BYTES("");
    if ((media == MEDIA_JSON || media == MEDIA_UNSAID) &&
        document_check_payload(data, codec->bounds, NULL) == OK)
        return (struct body){.data = data};
    if (media == MEDIA_UNSAID)
        content_type = BYTES("application/octet-stream");
    return (struct body){.data = data, .content_type = content_type};
}

enum err body_of_raw(struct codec *codec, struct bytes data, struct bytes content_type,
                     enum bound bound, struct body *ret_body)
{
    struct bytes type = bytes_trim(content_type);

    if (type.len > 0 && !content_type_is_valid(type))
        return error_set(codec->error, ERR_INVALID_FIELD, "Content-Type", "must be type/subtype");
    if ((int64_t)data.len > codec->bounds->of[bound])
        return bound_refuse(codec->bounds, bound, data.len, "", codec->error);
    *ret_body = typed(codec, data, type);
    return OK;
}

static enum err decode(struct codec *codec, const struct spot *spot, const struct body_said *said,
                       struct body *ret_body)
{
    struct spot type_spot = {.up = spot->up, .name = "content_type"};
    struct bytes data;

    if (!base64_read(said->base64, codec->arena, &data))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD, "must be base64 with padding");
    if ((int64_t)data.len > codec->bounds->of[said->bound])
        return codec_refuse_bound(codec, spot, said->bound, data.len);
    if (said->content_type.at != NULL && !content_type_is_valid(said->content_type))
        return codec_refuse(codec, &type_spot, ERR_INVALID_FIELD, "must be type/subtype");
    *ret_body = typed(codec, data,
                      said->content_type.at != NULL ? said->content_type
                                                    : BYTES("application/octet-stream"));
    return OK;
}

enum err body_of_said(struct codec *codec, const struct spot *spot, const char *name,
                      const struct body_said *said, struct body *ret_body)
{
    char base64_name[32];
    struct spot type_spot = {.up = spot, .name = "content_type"};
    struct spot base64_spot = {.up = spot, .name = base64_name};

    (void)snprintf(base64_name, sizeof(base64_name), "%s_base64", name);
    if (said->base64.at == NULL) {
        if (said->content_type.at != NULL)
            return codec_refuse(codec, &type_spot, ERR_INVALID_FIELD, "goes with %s only",
                                base64_name);
        *ret_body = (struct body){.data = said->json};
        return OK;
    }
    if (said->json.at != NULL)
        return codec_refuse(codec, &base64_spot, ERR_INVALID_FIELD, "goes without %s", name);
    return decode(codec, &base64_spot, said, ret_body);
}
