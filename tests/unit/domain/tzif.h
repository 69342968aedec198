/* Tzif: time zones for tests, made from what they should say. */
#pragma once

#include <stdint.h>

#include "base/buffer.h"
#include "domain/zone.h"

struct tzif_change {
    int64_t at_s;
    unsigned char type;
};

struct tzif {
    char version; /* 0, or '2' to '4' */
    const int32_t *offsets_s;
    unsigned types_len;
    const struct tzif_change *changes;
    unsigned changes_len;
    unsigned leaps_len;
    const char *footer;
};

void tzif_write(const struct tzif *tzif, struct buffer *out);
/* A zone of such a file; the test fails if it is refused. */
struct zone *tzif_zone(const struct tzif *tzif);
/* A zone that has nothing but a rule. */
struct zone *tzif_zone_of_rule(const char *footer);
