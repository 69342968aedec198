/* Document: the only door through which request bodies reach jansson, which would change numbers
 * and take much memory. */
#include "document.h"

#include <limits.h>

const char *const DOCUMENT_LIFT[] = {"payload", "result",     "error", "headers",
                                     "data",    "checkpoint", "info",  NULL};

static struct json_limits limits_of(const struct bounds *bounds)
{
    return (struct json_limits){
        .depth_max = (unsigned)bounds->of[BOUND_ENVELOPE_DEPTH_MAX],
        .nodes_max = (unsigned)bounds->of[BOUND_ENVELOPE_NODES_MAX],
        .lifted_depth_max = (unsigned)bounds->of[BOUND_PAYLOAD_DEPTH_MAX],
        .depth_name = bound_name(BOUND_ENVELOPE_DEPTH_MAX),
        .nodes_name = bound_name(BOUND_ENVELOPE_NODES_MAX),
        .lifted_depth_name = bound_name(BOUND_PAYLOAD_DEPTH_MAX),
    };
}

static enum err load(struct bytes text, json_t **ret_root, struct error *error)
{
    json_error_t problem;

    *ret_root = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, &problem);
    if (*ret_root != NULL)
        return OK;
    if (json_error_code(&problem) == json_error_duplicate_key)
        return error_set(error, ERR_MALFORMED, "", "a member is given twice: %s", problem.text);
    return error_set(error, ERR_MALFORMED, "", "%s", problem.text);
}

enum err document_open(struct document *document, struct bytes text, const char *const *lift,
                       const struct bounds *bounds, struct arena *arena, struct error *error)
{
    const struct json_limits limits = limits_of(bounds);

    *document = (struct document){.root = NULL};
    if (text.len == 0)
        text = BYTES("{}");

    enum err code = json_lift(text, lift, &limits, arena, &document->lifted, error);

    if (code != OK)
        return code;
    return load(document->lifted.envelope, &document->root, error);
}

void document_close(struct document *document)
{
    json_decref(document->root);
    document->root = NULL;
}

bool document_raw(const struct document *document, const json_t *value, struct bytes *ret_raw)
{
    json_int_t at = json_integer_value(value);

    if (!json_is_integer(value) || at < 0 || at >= document->lifted.values_len)
        return false;
    *ret_raw = document->lifted.values[at];
    return true;
}

enum err document_check_payload(struct bytes text, const struct bounds *bounds, struct error *error)
{
    const struct json_limits limits = {
        .depth_max = (unsigned)bounds->of[BOUND_PAYLOAD_DEPTH_MAX],
        .nodes_max = UINT_MAX,
        .depth_name = bound_name(BOUND_PAYLOAD_DEPTH_MAX),
    };

    return json_check(text, &limits, error);
}

enum err document_check_object(struct bytes text, const struct bounds *bounds, size_t *ret_members,
                               struct error *error)
{
    const struct json_limits limits = limits_of(bounds);
    json_t *object = NULL;

    if (text.len == 0 || text.at[0] != '{')
        return error_set(error, ERR_INVALID_FIELD, "", "must be an object");

    /* Once more with the envelope's bounds: these bytes reach the parser, a payload's never do. */
    enum err code = json_check(text, &limits, error);

    if (code == OK)
        code = load(text, &object, error);
    *ret_members = json_object_size(object);
    json_decref(object);
    return code;
}
