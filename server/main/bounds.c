/* Bounds: how much a request may say, as it is set. */
#include "bounds.h"

struct bounds bounds_of_config(const struct config *config)
{
    struct bounds bounds = {.of = {0}};

#define BOUND(name, kind, fallback, least, ceiling, key, value, what, when, unit, whose)           \
    bounds.of[BOUND_##name] = config_number(config, KNOB_BOUND_##name);
#include "tables/bounds.def"
#undef BOUND
    return bounds;
}

enum err bounds_check(const struct config *config, struct error *error)
{
    if (config_number(config, KNOB_BOUND_BODY_MAX) > config_number(config, KNOB_BODIES_MAX))
        return error_set(error, ERR_INVALID_FIELD, "bounds.body_max",
                         "must not be more than bodies_max, which holds all bodies");
    return OK;
}
