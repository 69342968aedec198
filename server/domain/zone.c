/* Zone: reads a TZif file, bounds first, and answers from its table and its footer. */
#include "domain/zone.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/zone_file.h"
#include "zone_rule.h"

enum {
    HEADER_LEN = 44,
    COUNTS_AT = 20,
    TYPE_LEN = 6,
    TYPES_MAX = 256,
    OFFSET_MAX_S = 26 * 3600,
};

struct zone_change {
    int64_t at_ms;
    int64_t offset_ms; /* from then on */
};

struct zone {
    int64_t offset_ms; /* before the first change */
    bool has_rule;     /* for what is after the last change */
    struct zone_rule rule;
    size_t len;
    struct zone_change changes[]; /* rising */
};

/* One of the file's blocks: a header and its data; of the counts only these matter. */
struct block {
    char version;
    uint32_t isut_len;
    uint32_t isstd_len;
    uint32_t leap_len;
    uint32_t time_len;
    uint32_t type_len;
    uint32_t char_len;
    struct bytes times;
    struct bytes indexes;
    struct bytes types;
};

struct zone *zone_new_utc(void)
{
    return mem_alloc(sizeof(struct zone));
}

void zone_free(struct zone *zone)
{
    free(zone);
}

static uint64_t big_endian(const char *at, unsigned len)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < len; i++)
        number = number << 8 | (unsigned char)at[i];
    return number;
}

static int64_t big_endian_signed(const char *at, unsigned len)
{
    uint64_t number = big_endian(at, len);

    return len == 4 ? (int32_t)(uint32_t)number : (int64_t)number;
}

/* The next len bytes; false when there are fewer. */
static bool take(struct bytes *rest, uint64_t len, struct bytes *ret_part)
{
    if (len > rest->len)
        return false;
    *ret_part = (struct bytes){rest->at, (size_t)len};
    rest->at += len;
    rest->len -= (size_t)len;
    return true;
}

static const char *take_header(struct bytes *rest, struct block *block)
{
    struct bytes header;

    if (!take(rest, HEADER_LEN, &header) || memcmp(header.at, "TZif", 4) != 0)
        return "is not a TZif file";
    block->version = header.at[4];
    if (block->version != 0 && (block->version < '2' || block->version > '4'))
        return "is of an unknown version";

    uint32_t *counts[] = {&block->isut_len, &block->isstd_len, &block->leap_len,
                          &block->time_len, &block->type_len,  &block->char_len};

    for (unsigned i = 0; i < ARRAY_LEN(counts); i++)
        *counts[i] = (uint32_t)big_endian(header.at + COUNTS_AT + 4 * i, 4);
    return NULL;
}

/* Takes the block behind its header; time_size is 4 or 8. Counts have 32 bits, so that no product
 * overflows 64. */
static const char *take_data(struct bytes *rest, unsigned time_size, struct block *block)
{
    struct bytes ignored;
    uint64_t after = block->char_len + (uint64_t)block->leap_len * (time_size + 4) +
                     block->isstd_len + block->isut_len;

    if (!take(rest, (uint64_t)block->time_len * time_size, &block->times) ||
        !take(rest, block->time_len, &block->indexes) ||
        !take(rest, (uint64_t)block->type_len * TYPE_LEN, &block->types) ||
        !take(rest, after, &ignored))
        return "ends too early";
    return NULL;
}

static const char *check_types(const struct block *block)
{
    if (block->type_len == 0 || block->type_len > TYPES_MAX || block->char_len == 0)
        return "has no types of local time, or too many";
    if ((block->isstd_len != 0 && block->isstd_len != block->type_len) ||
        (block->isut_len != 0 && block->isut_len != block->type_len))
        return "has counts that do not fit each other";
    if (block->leap_len != 0)
        return "counts leap seconds";
    for (uint32_t i = 0; i < block->type_len; i++) {
        const char *type = block->types.at + (size_t)i * TYPE_LEN;
        int64_t offset_s = big_endian_signed(type, 4);

        if (offset_s < -OFFSET_MAX_S || offset_s > OFFSET_MAX_S || (unsigned char)type[4] > 1 ||
            (unsigned char)type[5] >= block->char_len)
            return "has a type of local time that cannot be";
    }
    return NULL;
}

static int64_t offset_of_type(const struct block *block, unsigned type)
{
    return big_endian_signed(block->types.at + (size_t)type * TYPE_LEN, 4) * SECOND_MS;
}

/* What is too far away to be reckoned with in milliseconds moves to where it still can. */
static int64_t to_ms(int64_t at_s)
{
    int64_t far_s = ZONE_ALWAYS_MS / SECOND_MS;

    return (at_s < -far_s ? -far_s : at_s > far_s ? far_s : at_s) * SECOND_MS;
}

static const char *fill_changes(const struct block *block, unsigned time_size, struct zone *zone)
{
    int64_t before_s = 0;

    zone->offset_ms = offset_of_type(block, 0);
    zone->len = block->time_len;
    for (uint32_t i = 0; i < block->time_len; i++) {
        int64_t at_s = big_endian_signed(block->times.at + (size_t)i * time_size, time_size);
        unsigned char type = (unsigned char)block->indexes.at[i];

        if (i > 0 && at_s <= before_s)
            return "has times that do not rise";
        if (type >= block->type_len)
            return "names a type of local time that it does not have";
        zone->changes[i] = (struct zone_change){to_ms(at_s), offset_of_type(block, type)};
        before_s = at_s;
    }
    return NULL;
}

/* A line between two line feeds, which ends the file; empty when nothing is known. */
static const char *read_footer(struct bytes rest, struct zone *zone)
{
    if (rest.len < 2 || rest.at[0] != '\n' || rest.at[rest.len - 1] != '\n')
        return "has no footer";
    if (rest.len == 2)
        return NULL;
    zone->has_rule = zone_rule_read((struct bytes){rest.at + 1, rest.len - 2}, &zone->rule);
    return zone->has_rule ? NULL : "has a footer that is not a rule";
}

/* NULL, or what is wrong with the file. */
static const char *read_tzif(struct bytes rest, struct zone **ret_zone)
{
    struct block block;
    unsigned time_size = 4;
    const char *wrong = take_header(&rest, &block);

    if (wrong == NULL)
        wrong = take_data(&rest, time_size, &block);
    if (wrong == NULL && block.version != 0) {
        /* What was read is for readers of version 1. */
        time_size = 8;
        wrong = take_header(&rest, &block);
        if (wrong == NULL && block.version == 0)
            wrong = "is of two versions";
        if (wrong == NULL)
            wrong = take_data(&rest, time_size, &block);
    }
    if (wrong == NULL)
        wrong = check_types(&block);
    if (wrong != NULL)
        return wrong;

    struct zone *zone =
        mem_alloc(sizeof(*zone) + (size_t)block.time_len * sizeof(struct zone_change));

    wrong = fill_changes(&block, time_size, zone);
    if (wrong == NULL && block.version != 0)
        wrong = read_footer(rest, zone);
    if (wrong != NULL) {
        zone_free(zone);
        return wrong;
    }
    *ret_zone = zone;
    return NULL;
}

enum err zone_new(struct bytes file, const char *where, struct zone **ret_zone, struct error *error)
{
    const char *wrong = "is too large";

    if (file.len <= ZONE_FILE_MAX)
        wrong = read_tzif(file, ret_zone);
    if (wrong != NULL)
        return error_set(error, ERR_INVALID_FIELD, where, "the file of this time zone %s", wrong);
    return OK;
}

/* How many changes were made by then. */
static size_t changes_until(const struct zone *zone, int64_t wall_ms)
{
    size_t low = 0;
    size_t high = zone->len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (zone->changes[middle].at_ms <= wall_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int64_t clamp(int64_t number, int64_t min, int64_t max)
{
    return number < min ? min : number > max ? max : number;
}

struct zone_span zone_span_at(const struct zone *zone, int64_t wall_ms)
{
    wall_ms = clamp(wall_ms, ZONE_MIN_MS, ZONE_MAX_MS);

    size_t made = changes_until(zone, wall_ms);
    struct zone_span span = {-ZONE_ALWAYS_MS, ZONE_ALWAYS_MS, zone->offset_ms};

    if (made == zone->len && zone->has_rule)
        span = zone_rule_span(&zone->rule, wall_ms);
    else if (made > 0)
        span.offset_ms = zone->changes[made - 1].offset_ms;
    if (made > 0 && span.begin_ms < zone->changes[made - 1].at_ms)
        span.begin_ms = zone->changes[made - 1].at_ms;
    if (made < zone->len)
        span.end_ms = zone->changes[made].at_ms;
    return span;
}

int64_t zone_offset_ms(const struct zone *zone, int64_t wall_ms)
{
    return zone_span_at(zone, wall_ms).offset_ms;
}

int64_t zone_local_ms(const struct zone *zone, int64_t wall_ms)
{
    return clamp(wall_ms, ZONE_MIN_MS, ZONE_MAX_MS) + zone_offset_ms(zone, wall_ms);
}

unsigned zone_instants(const struct zone *zone, int64_t local_ms, int64_t ret_wall_ms[2])
{
    unsigned len = 0;

    local_ms = clamp(local_ms, ZONE_MIN_MS - ZONE_OFFSET_MAX_MS, ZONE_MAX_MS + ZONE_OFFSET_MAX_MS);
    for (int64_t at_ms = local_ms - ZONE_OFFSET_MAX_MS;
         len < 2 && at_ms <= local_ms + ZONE_OFFSET_MAX_MS;) {
        struct zone_span span = zone_span_at(zone, at_ms);
        int64_t wall_ms = local_ms - span.offset_ms;

        if (wall_ms >= span.begin_ms && wall_ms < span.end_ms)
            ret_wall_ms[len++] = wall_ms;
        if (span.end_ms <= at_ms)
            break; /* outside of the range */
        at_ms = span.end_ms;
    }
    return len;
}
