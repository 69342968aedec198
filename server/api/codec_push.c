/* Push codec: what is judged when it is said; the address itself is when it is connected to. */
#include "codec_push.h"

#include "domain/push_url.h"
#include "domain/signature.h"

static void *place(void *target, const struct field *field)
{
    return (char *)target + field->at;
}

enum err field_push_url(struct codec *codec, const struct spot *spot, json_t *value,
                        const struct field *field, void *target)
{
    static const struct push_policy nothing_allowed;
    const struct push_policy *policy =
        codec->push_policy != NULL ? codec->push_policy : &nothing_allowed;
    struct bytes text;
    struct push_url url;
    struct error error;
    enum err code = codec_text(codec, spot, value, &text);

    if (code != OK)
        return code;
    code = push_url_read(text, policy, &url, &error);
    if (code != OK)
        return codec_refuse(codec, spot, code, "%s", error.detail);
    *(struct bytes *)place(target, field) = text;
    return OK;
}

enum err field_push_secret(struct codec *codec, const struct spot *spot, json_t *value,
                           const struct field *field, void *target)
{
    struct bytes text;
    struct error error;
    enum err code = codec_text(codec, spot, value, &text);

    if (code != OK)
        return code;
    code = signature_key_read(text, place(target, field), &error);
    return code == OK ? OK : codec_refuse(codec, spot, code, "%s", error.detail);
}
