/* Retention codec: how long a queue keeps what is finished. */
#pragma once

#include "codec.h"

field_read_fn field_retention; /* struct retention */
