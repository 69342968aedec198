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
    static const enum knob BODIES[] = {KNOB_BOUND_BODY_MAX, KNOB_BOUND_PAYLOAD_MAX,
                                       KNOB_BOUND_RESULT_MAX};

    for (size_t i = 0; i < ARRAY_LEN(BODIES); i++)
        if (config_number(config, BODIES[i]) > config_number(config, KNOB_BODIES_MAX))
            return error_set(error, ERR_INVALID_FIELD, knob_facts(BODIES[i])->key,
                             "must not be more than bodies_max, which holds all bodies");
    return OK;
}
