/* Rate codec: so many units in so much time, the same wherever the contract has a rate. */
#pragma once

#include "base/json_out.h"
#include "base/rate.h"
#include "codec.h"

extern const struct shape RATE_SHAPE;

/* struct rate_limit; null, where the field allows it, leaves it without bound. */
field_read_fn field_rate;

/* The object, or null where there is no bound. */
void wire_rate(struct json_out *out, const struct rate_limit *rate);
