/* Tzif: writes the file, block by block. */
#include "tzif.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void put(struct buffer *out, int64_t number, unsigned len)
{
    while (len-- > 0)
        buffer_append_char(out, (char)((uint64_t)number >> (8 * len) & 0xff));
}

static void put_block(const struct tzif *tzif, unsigned changes_len, unsigned time_size,
                      struct buffer *out)
{
    unsigned counts[] = {0, 0, tzif->leaps_len, changes_len, tzif->types_len, 4};

    buffer_append_text(out, "TZif");
    buffer_append_char(out, tzif->version);
    for (unsigned i = 0; i < 15; i++)
        buffer_append_char(out, 0);
    for (unsigned i = 0; i < 6; i++)
        put(out, counts[i], 4);
    for (unsigned i = 0; i < changes_len; i++)
        put(out, tzif->changes[i].at_s, time_size);
    for (unsigned i = 0; i < changes_len; i++)
        buffer_append_char(out, (char)tzif->changes[i].type);
    for (unsigned i = 0; i < tzif->types_len; i++) {
        put(out, tzif->offsets_s[i], 4);
        put(out, 0, 2);
    }
    buffer_append(out, (struct bytes){"LMT", 4});
    for (unsigned i = 0; i < tzif->leaps_len * (time_size + 4); i++)
        buffer_append_char(out, 0);
}

void tzif_write(const struct tzif *tzif, struct buffer *out)
{
    if (tzif->version == 0) {
        put_block(tzif, tzif->changes_len, 4, out);
        return;
    }
    put_block(tzif, 0, 4, out);
    put_block(tzif, tzif->changes_len, 8, out);
    buffer_append_char(out, '\n');
    buffer_append_text(out, tzif->footer);
    buffer_append_char(out, '\n');
}

struct zone *tzif_zone(const struct tzif *tzif)
{
    struct buffer file;
    struct zone *zone = NULL;
    struct error error = {.code = OK};

    buffer_init(&file, 1 << 20);
    tzif_write(tzif, &file);
    if (zone_new(buffer_bytes(&file), "", &zone, &error) != OK)
        fail_msg("%s", error.detail);
    buffer_fini(&file);
    return zone;
}

struct zone *tzif_zone_of_rule(const char *footer)
{
    static const int32_t OFFSETS[] = {0};

    return tzif_zone(
        &(struct tzif){.version = '2', .offsets_s = OFFSETS, .types_len = 1, .footer = footer});
}
