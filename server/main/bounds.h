/* Bounds: how much a request may say, as it is set. */
#pragma once

#include "config.h"
#include "domain/bounds.h"

struct bounds bounds_of_config(const struct config *config);
/* What single values cannot say. */
MUST_CHECK enum err bounds_check(const struct config *config, struct error *error);
