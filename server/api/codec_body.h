/* Body codec: the bytes of payloads and results, with their type, as they came. */
#pragma once

#include "codec.h"
#include "domain/task.h"

/* What a JSON body said about a payload or result, before it is put together. */
struct body_said {
    struct bytes json;   /* payload or result */
    struct bytes base64; /* payload_base64 or result_base64 */
    struct bytes content_type;
    enum bound bound; /* BOUND_PAYLOAD_MAX or BOUND_RESULT_MAX */
};

/* spot: of the object that holds the members; name: "payload" or "result". */
MUST_CHECK enum err body_of_said(struct codec *codec, const struct spot *spot, const char *name,
                                 const struct body_said *said, struct body *ret_body);
/* A raw HTTP body with its Content-Type (NONE: none was sent). */
MUST_CHECK enum err body_of_raw(struct codec *codec, struct bytes data, struct bytes content_type,
                                enum bound bound, struct body *ret_body);
