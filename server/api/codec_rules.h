/* Rules codec: named limits, the weight of a share and dependencies, as a submit says them. */
#pragma once

#include "codec.h"

field_read_fn field_limits;     /* struct bytes, as domain/rules.h writes them */
field_read_fn field_weight;     /* int64_t thousandths */
field_read_fn field_depends_on; /* struct bytes: ids, and in an array refs, a newline behind each */
field_read_fn field_ref;        /* struct bytes: a name that is no id */
