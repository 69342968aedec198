/* Fuzz: cron expressions; what is taken fires in order, never early, and the same slot whenever it
 * is asked for. The first two bytes choose the instant. */
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "domain/cron.h"
#include "domain/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;

    struct bytes text = {(const char *)data + 2, len - 2};
    int64_t after_ms = (data[0] * INT64_C(256) + data[1]) * DAY_MS + 1;
    struct cron cron;

    if (cron_parse(text, "/cron", &cron, NULL) != OK)
        return 0;

    struct zone *zone = zone_new_utc();
    int64_t first_ms = 0;
    int64_t again_ms = 0;
    int64_t second_ms = 0;
    bool fires = cron_next(&cron, zone, after_ms, &first_ms);

    ASSERT(fires && first_ms >= after_ms && first_ms % MINUTE_MS == 0);
    fires = cron_next(&cron, zone, first_ms, &again_ms);
    ASSERT(fires && again_ms == first_ms);
    fires = cron_next(&cron, zone, first_ms + 1, &second_ms);
    ASSERT(fires && second_ms > first_ms);
    zone_free(zone);
    return 0;
}
