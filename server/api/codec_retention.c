/* Retention codec: each member alone, or null for without end. */
#include "codec_retention.h"

#include "domain/retention.h"

#define COUNT_MAX INT64_C(1000000000000)
#define BYTES_MAX (INT64_C(1) << 60)

#define AT(member) .at = offsetof(struct retention, member)
static const struct field FIELDS[] = {
    {.name = "succeeded_s",
     .read = field_seconds,
     AT(succeeded_ms),
     .max = DELAY_MAX_MS,
     .nullable = true,
     .bit = RETENTION_HAS_SUCCEEDED},
    {.name = "failed_s",
     .read = field_seconds,
     AT(failed_ms),
     .max = DELAY_MAX_MS,
     .nullable = true,
     .bit = RETENTION_HAS_FAILED},
    {.name = "max_count",
     .read = field_int,
     AT(max_count),
     .max = COUNT_MAX,
     .nullable = true,
     .bit = RETENTION_HAS_MAX_COUNT},
    {.name = "max_bytes",
     .read = field_int,
     AT(max_bytes),
     .max = BYTES_MAX,
     .nullable = true,
     .bit = RETENTION_HAS_MAX_BYTES},
};
#undef AT
static const struct shape RETENTION_SHAPE = SHAPE(FIELDS, NULL);

enum err field_retention(struct codec *codec, const struct spot *spot, json_t *value,
                         const struct field *field, void *target)
{
    struct retention retention = {
        .succeeded_ms = -1, .failed_ms = -1, .max_count = -1, .max_bytes = -1};
    unsigned said = 0;
    enum err code = codec_object(codec, spot, value, &RETENTION_SHAPE, &retention, &said);

    retention.given = said;
    if (code == OK)
        *(struct retention *)(void *)((char *)target + field->at) = retention;
    return code;
}
