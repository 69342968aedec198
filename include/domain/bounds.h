/* Bounds: the ranges that the contract names, in one place, and the rules for names. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    NAME_LEN_MAX = 128,
    TYPE_LEN_MAX = 255,
    TAGS_MAX = 16,
    HEADERS_MAX = 64,
    PRIORITY_MIN = -100,
    PRIORITY_MAX = 100,
    CLAIM_MAX = 1000,
    BATCH_MAX = 1000,
    OUTCOMES_MAX = 1000,
    CONCURRENCY_MAX = 1000000,
    WORKER_QUEUES_MAX = 64,
    IDEMPOTENCY_KEY_MAX = 255,
};

#define SECOND_MS        INT64_C(1000)
#define MINUTE_MS        (60 * SECOND_MS)
#define HOUR_MS          (60 * MINUTE_MS)
#define DAY_MS           (24 * HOUR_MS)
#define DELAY_MAX_MS     (3650 * DAY_MS) /* ten years */
#define LEASE_MIN_MS     SECOND_MS
#define LEASE_MAX_MS     (12 * HOUR_MS)
#define LEASE_DEFAULT_MS (30 * SECOND_MS)
#define TIMEOUT_MAX_MS   (365 * DAY_MS)
#define GRACE_DEFAULT_MS (10 * SECOND_MS)
#define WAIT_MAX_MS      (60 * SECOND_MS)
#define WALL_MAX_MS      INT64_C(253402300799999) /* the end of year 9999 */

/* Queues, groups, limits, schedules, identities, tags, namespaces: [A-Za-z0-9._:-]{1,128}. */
bool name_is_valid(struct bytes name);
/* A type, a display name and the like: 1 to 255 bytes of UTF-8 without control characters. */
bool label_is_valid(struct bytes label);
