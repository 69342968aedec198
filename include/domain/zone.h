/* Zone: a time zone, that is, how far local time is from UTC at any instant; made from the bytes of
 * a TZif file (RFC 9636, versions 1 to 4), with its footer's rule for all times after its table. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/error.h"
#include "domain/bounds.h"

#define ZONE_OFFSET_MAX_MS (26 * HOUR_MS) /* local time and UTC are never farther apart */
/* Instants are taken into this range first: the years 1 to 9999. */
#define ZONE_MIN_MS INT64_C(-62135596800000)
#define ZONE_MAX_MS WALL_MAX_MS

struct zone;

/* The instants from begin_ms up to, but not with, end_ms, at which local time is UTC + offset_ms.
 * Neighbours may have the same offset. */
struct zone_span {
    int64_t begin_ms;
    int64_t end_ms;
    int64_t offset_ms;
};

/* UTC itself needs no file. Free with zone_free(). */
struct zone *zone_new_utc(void);
/* Bytes that are not a whole TZif file, one that counts leap seconds, or one above 64 KiB are
 * ERR_INVALID_FIELD at where. The bytes are not needed afterwards. Free with zone_free(). */
MUST_CHECK enum err zone_new(struct bytes file, const char *where, struct zone **ret_zone,
                             struct error *error);
void zone_free(struct zone *zone);

/* The span that an instant lies in. */
struct zone_span zone_span_at(const struct zone *zone, int64_t wall_ms);
int64_t zone_offset_ms(const struct zone *zone, int64_t wall_ms);
/* What the local clock shows, in milliseconds since it would have shown 1 January 1970. */
int64_t zone_local_ms(const struct zone *zone, int64_t wall_ms);
/* The instants at which the local clock shows local_ms, earliest first: none when it was skipped,
 * two when it is repeated. (Of a made-up zone that repeats it more often: the first two.) */
unsigned zone_instants(const struct zone *zone, int64_t local_ms, int64_t ret_wall_ms[2]);
