/* Document: a JSON body taken apart: raw members lifted out byte for byte, the rest parsed. */
#pragma once

#include <jansson.h>

#include "base/json_scan.h"
#include "domain/bounds.h"

struct document {
    json_t *root; /* an object or an array; NULL when closed */
    struct json_lifted lifted;
};

/* An empty text is {}. lift: names of the members whose bytes are kept, NULL-ended. Close it
 * whatever the result. */
MUST_CHECK enum err document_open(struct document *document, struct bytes text,
                                  const char *const *lift, const struct bounds *bounds,
                                  struct arena *arena, struct error *error);
void document_close(struct document *document);
/* The bytes behind a lifted member; false when the member was not lifted. */
bool document_raw(const struct document *document, const json_t *value, struct bytes *ret_raw);

/* The members that are kept as sent wherever they stand in a body. */
extern const char *const DOCUMENT_LIFT[];

/* Check the depth and syntax of a payload or result, which the broker never parses. */
MUST_CHECK enum err document_check_payload(struct bytes text, const struct bounds *bounds,
                                           struct error *error);
/* An object without duplicate names; *ret_members says how many it has. */
MUST_CHECK enum err document_check_object(struct bytes text, const struct bounds *bounds,
                                          size_t *ret_members, struct error *error);
