/* Id: 48 bits of milliseconds, 26 of a counter, 48 random; the counter makes ids increase within a
 * millisecond and while the clock is behind. */
#include "base/id.h"

#include <string.h>

#include "base/assert.h"
#include "base/parse.h"

enum {
    COUNTER_BITS = 26,
    COUNTER_LOW_BITS = 14, /* of these stand behind the variant, the rest behind the version */
    SEED_BITS = 24,        /* the counter starts below 2^24, so it hardly ever runs full */
    RANDOM_LEN = 6,
    SEED_LEN = 3,
};

void id_source_init(struct id_source *source, struct random_source random)
{
    *source = (struct id_source){.random = random, .last_ms = -1};
}

static const uint8_t *random_bytes(struct id_source *source, uint32_t len)
{
    if (source->pool_left < len) {
        source->random.fill(source->random.ctx, source->pool, sizeof(source->pool));
        source->pool_left = sizeof(source->pool);
    }
    source->pool_left -= len;
    return source->pool + source->pool_left;
}

static void start_millisecond(struct id_source *source, int64_t wall_ms)
{
    const uint8_t *seed = random_bytes(source, SEED_LEN);

    source->last_ms = wall_ms;
    source->counter =
        ((uint32_t)seed[0] << 16 | (uint32_t)seed[1] << 8 | seed[2]) & ((1u << SEED_BITS) - 1);
}

struct id id_next(struct id_source *source, int64_t wall_ms)
{
    ASSERT(wall_ms >= 0 && wall_ms >> 48 == 0);
    if (wall_ms > source->last_ms)
        start_millisecond(source, wall_ms);
    else if (++source->counter >> COUNTER_BITS != 0)
        start_millisecond(source, source->last_ms + 1);

    struct id id;
    uint64_t ms = (uint64_t)source->last_ms;
    uint32_t high = source->counter >> COUNTER_LOW_BITS;
    uint32_t low = source->counter & ((1u << COUNTER_LOW_BITS) - 1);

    for (unsigned i = 0; i < 6; i++)
        id.at[i] = (uint8_t)(ms >> (40 - 8 * i));
    id.at[6] = (uint8_t)(0x70 | high >> 8);
    id.at[7] = (uint8_t)high;
    id.at[8] = (uint8_t)(0x80 | low >> 8);
    id.at[9] = (uint8_t)low;
    memcpy(id.at + 10, random_bytes(source, RANDOM_LEN), RANDOM_LEN);
    return id;
}

static bool has_dash_before(unsigned byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

bool id_parse(struct bytes text, struct id *ret_id)
{
    struct id id;
    const char *at = text.at;

    if (text.len != ID_TEXT_LEN)
        return false;
    for (unsigned i = 0; i < sizeof(id.at); i++) {
        if (has_dash_before(i) && *at++ != '-')
            return false;

        int high = parse_hex_digit(at[0]);
        int low = parse_hex_digit(at[1]);

        if (high < 0 || low < 0)
            return false;
        id.at[i] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    *ret_id = id;
    return true;
}

void id_format(struct id id, char ret_text[ID_TEXT_LEN + 1])
{
    static const char DIGITS[] = "0123456789abcdef";
    char *at = ret_text;

    for (unsigned i = 0; i < sizeof(id.at); i++) {
        if (has_dash_before(i))
            *at++ = '-';
        *at++ = DIGITS[id.at[i] >> 4];
        *at++ = DIGITS[id.at[i] & 15];
    }
    *at = '\0';
}

bool id_equal(struct id a, struct id b)
{
    return memcmp(a.at, b.at, sizeof(a.at)) == 0;
}

bool id_is_nil(struct id id)
{
    return id_equal(id, (struct id){.at = {0}});
}
