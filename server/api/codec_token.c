/* Token codec: the members of a token that is to be made, and of one that is to be replaced. */
#include "codec_token.h"

#define LIFE_MAX_MS        (INT64_C(315360000) * SECOND_MS)
#define OVERLAP_MAX_MS     (365 * DAY_MS)
#define OVERLAP_DEFAULT_MS DAY_MS

static enum err field_globs(struct codec *codec, const struct spot *spot, json_t *value,
                            const struct field *field, void *target)
{
    struct bytes globs;
    enum err code = codec_text(codec, spot, value, &globs);

    if (code != OK)
        return code;
    if (!globs_are_valid(globs))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be names of A-Z a-z 0-9 . _ : - and * joined by commas, at most "
                            "%d characters in all",
                            GLOBS_LEN_MAX);
    *(struct bytes *)(void *)((char *)target + field->at) = globs;
    return OK;
}

static const char *const ROLES[] = {
    [ROLE_VIEWER] = "viewer",     [ROLE_SUBMITTER] = "submitter", [ROLE_WORKER] = "worker",
    [ROLE_OPERATOR] = "operator", [ROLE_ADMIN] = "admin",         [ROLE_MAX] = NULL,
};

#define AT(member) .at = offsetof(struct token_draft, member)
static const struct field FIELDS[] = {
    {.name = "name", .read = field_label, AT(name)},
    {.name = "role", .read = field_word, AT(role), .words = ROLES, .required = true},
    {.name = "namespace", .read = field_globs, AT(ns)},
    {.name = "queue", .read = field_globs, AT(queues)},
    {.name = "expires_at", .read = field_time, AT(expires_at_ms)},
    {.name = "expires_in_s",
     .read = field_seconds,
     AT(expires_in_ms),
     .min = 1,
     .max = LIFE_MAX_MS},
};
#undef AT
static const struct shape SHAPE_OF_TOKEN = SHAPE(FIELDS, NULL);

enum err token_draft_read(struct codec *codec, struct bytes text, struct token_draft *ret_draft)
{
    *ret_draft = (struct token_draft){.expires_at_ms = -1, .expires_in_ms = -1};

    enum err code = codec_body(codec, text, &SHAPE_OF_TOKEN, ret_draft, NULL);

    if (code == OK && ret_draft->expires_at_ms >= 0 && ret_draft->expires_in_ms >= 0)
        return error_set(codec->error, ERR_INVALID_FIELD, "/expires_in_s",
                         "goes without expires_at");
    return code;
}

struct overlap {
    int64_t ms;
};

static const struct field OVERLAP_FIELDS[] = {
    {.name = "overlap_s",
     .read = field_seconds,
     .at = offsetof(struct overlap, ms),
     .max = OVERLAP_MAX_MS},
};
static const struct shape OVERLAP_SHAPE = SHAPE(OVERLAP_FIELDS, NULL);

enum err token_overlap_read(struct codec *codec, struct bytes text, int64_t *ret_overlap_ms)
{
    struct overlap overlap = {.ms = OVERLAP_DEFAULT_MS};
    enum err code = codec_body(codec, text, &OVERLAP_SHAPE, &overlap, NULL);

    *ret_overlap_ms = overlap.ms;
    return code;
}
