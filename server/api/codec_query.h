/* Query codec: makes of query parameters the JSON object that they stand for, so that one table
 * reads both. */
#pragma once

#include "codec_task.h"

/* Dotted names become members of objects, lists are cut at commas. headers.* are lifted as one
 * object. */
MUST_CHECK enum err query_document(const struct query_pair *pairs, size_t pairs_len,
                                   const struct shape *shape, struct arena *arena,
                                   struct document *ret_document, struct error *error);

extern const struct shape RETRY_SHAPE;
