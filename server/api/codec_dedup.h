/* Dedup codec: which tasks count as the same, and what becomes of the second. */
#pragma once

#include "base/json_out.h"
#include "codec.h"
#include "domain/rules.h"

extern const struct shape DEDUP_SHAPE;

field_read_fn field_dedup; /* struct dedup */

/* The object, or null where there is no key. */
void wire_dedup(struct json_out *out, const struct dedup *dedup);
