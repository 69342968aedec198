/* Fuzz: the bytes of TZif files; whatever is taken has spans that hold their instants and abut, and
 * fires a daily and a running expression in order. The first two bytes choose the instant. */
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "domain/cron.h"
#include "domain/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void look_at(const struct zone *zone, int64_t wall_ms)
{
    struct zone_span span = zone_span_at(zone, wall_ms);
    int64_t instants[2];

    ASSERT(span.begin_ms <= wall_ms && wall_ms < span.end_ms);
    ASSERT(span.offset_ms <= ZONE_OFFSET_MAX_MS && span.offset_ms >= -ZONE_OFFSET_MAX_MS);
    if (span.end_ms <= ZONE_MAX_MS)
        ASSERT(zone_span_at(zone, span.end_ms).begin_ms == span.end_ms);
    if (span.begin_ms > ZONE_MIN_MS)
        ASSERT(zone_span_at(zone, span.begin_ms - 1).end_ms == span.begin_ms);

    unsigned found = zone_instants(zone, zone_local_ms(zone, wall_ms), instants);

    ASSERT(found >= 1 && instants[0] <= wall_ms);
}

static void fire(const struct zone *zone, const char *text, int64_t after_ms)
{
    struct cron cron;
    int64_t wall_ms = 0;
    int64_t again_ms = 0;
    enum err code = cron_parse(bytes_of(text), "", &cron, NULL);

    ASSERT(code == OK);
    if (!cron_next(&cron, zone, after_ms, &wall_ms))
        return;
    ASSERT(wall_ms >= after_ms);

    bool fires = cron_next(&cron, zone, wall_ms, &again_ms);

    ASSERT(fires && again_ms == wall_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct zone *zone = NULL;

    if (len < 2 || zone_new((struct bytes){(const char *)data + 2, len - 2}, "", &zone, NULL) != OK)
        return 0;

    int64_t wall_ms = (data[0] * INT64_C(256) + data[1]) * DAY_MS * 2;

    look_at(zone, wall_ms);
    look_at(zone, ZONE_MIN_MS);
    look_at(zone, ZONE_MAX_MS);
    look_at(zone, zone_span_at(zone, wall_ms).begin_ms > ZONE_MIN_MS
                      ? zone_span_at(zone, wall_ms).begin_ms
                      : wall_ms);
    fire(zone, "30 2 * * *", wall_ms);
    fire(zone, "*/20 * * * *", wall_ms);
    zone_free(zone);
    return 0;
}
