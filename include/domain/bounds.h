/* Bounds: how much a request may say, in one place, and the rules for names. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/error.h"

/* What an operator can set; all from tables/bounds.def. */
enum bound {
    BOUND_NONE,
#define BOUND(name, kind, fallback, least, ceiling, key, value, what, when, unit, whose)           \
    BOUND_##name,
#include "tables/bounds.def"
#undef BOUND
    BOUNDS_LEN,
};

/* NAME_MAX_CEILING and so on: how far a setting goes, for the sizes of arrays. */
#define CEILING_NUMBER(name, ceiling) name = (ceiling),
#define CEILING_SIZE(name, ceiling)   name = (ceiling),
#define CEILING_DURATION(name, ceiling)
enum {
#define BOUND(name, kind, fallback, least, ceiling, key, value, what, when, unit, whose)           \
    CEILING_##kind(name##_CEILING, ceiling)
#include "tables/bounds.def"
#undef BOUND
};
#undef CEILING_NUMBER
#undef CEILING_SIZE
#undef CEILING_DURATION

/* In bytes, milliseconds, or a count. */
struct bounds {
    int64_t of[BOUNDS_LEN];
};

/* Not settings. */
enum {
    CONCURRENCY_MAX = 1000000,
    WORKER_QUEUES_MAX = 64,
};

#define SECOND_MS        INT64_C(1000)
#define MINUTE_MS        (60 * SECOND_MS)
#define HOUR_MS          (60 * MINUTE_MS)
#define DAY_MS           (24 * HOUR_MS)
#define DELAY_MAX_MS     (3650 * DAY_MS) /* ten years: the ceiling of delay_max */
#define LEASE_DEFAULT_MS (30 * SECOND_MS)
#define AGING_DEFAULT_MS (30 * SECOND_MS)
#define TIMEOUT_MAX_MS   (365 * DAY_MS)
#define GRACE_DEFAULT_MS (10 * SECOND_MS)
#define WALL_MAX_MS      INT64_C(253402300799999) /* the end of year 9999 */

enum { BOUND_TEXT_MAX = 64 };

struct bounds bounds_default(void);
/* As the setting is called: "payload_max". */
const char *bound_name(enum bound bound);
int64_t bound_ceiling(enum bound bound);
/* "payload_max: 1048576 bytes", "delay_max: 60 s" */
void bound_format(const struct bounds *bounds, enum bound bound, char ret_text[BOUND_TEXT_MAX]);
/* Refuse what has got of a bound's unit: "payload_max: 1048576 bytes; this payload has 2000000".
 * ERR_TOO_LARGE for sizes, ERR_INVALID_FIELD for the others. */
enum err bound_refuse(const struct bounds *bounds, enum bound bound, uint64_t got,
                      const char *where, struct error *error);

/* Queues, groups, limits, schedules, identities, tags, namespaces: [A-Za-z0-9._:-]{1,128}. */
bool name_is_valid(struct bytes name);
/* A type, a display name and the like: 1 to 255 bytes of UTF-8 without control characters. */
bool label_is_valid(struct bytes label);
