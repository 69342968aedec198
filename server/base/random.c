/* Random: bits from the kernel, or from a seed (xoshiro256**, seeded by splitmix64) for tests that
 * must replay. */
#include "base/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/assert.h"

static void system_fill(void *ctx, void *ret_bytes, size_t len)
{
    unsigned char *at = ret_bytes;

    (void)ctx;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);

        ASSERT(got > 0 || errno == EINTR);
        if (got > 0) {
            at += got;
            len -= (size_t)got;
        }
    }
}

struct random_source random_system(void)
{
    return (struct random_source){.ctx = NULL, .fill = system_fill};
}

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void random_seed(struct random_seeded *seeded, uint64_t seed)
{
    for (unsigned i = 0; i < 4; i++)
        seeded->state[i] = splitmix(&seed);
}

static uint64_t rotate_left(uint64_t x, unsigned by)
{
    return (x << by) | (x >> (64 - by));
}

static uint64_t seeded_next(struct random_seeded *seeded)
{
    uint64_t *s = seeded->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

static void seeded_fill(void *ctx, void *ret_bytes, size_t len)
{
    unsigned char *at = ret_bytes;

    while (len > 0) {
        uint64_t word = seeded_next(ctx);
        size_t part = len < sizeof(word) ? len : sizeof(word);

        memcpy(at, &word, part);
        at += part;
        len -= part;
    }
}

struct random_source random_from_seed(struct random_seeded *seeded)
{
    return (struct random_source){.ctx = seeded, .fill = seeded_fill};
}

uint64_t random_u64(const struct random_source *source)
{
    uint64_t word;

    source->fill(source->ctx, &word, sizeof(word));
    return word;
}

uint64_t random_below(const struct random_source *source, uint64_t below)
{
    ASSERT(below > 0);

    /* The lowest 2^64 mod below values would make some results likelier than others. */
    uint64_t refused = (0 - below) % below;
    uint64_t word = random_u64(source);

    while (word < refused)
        word = random_u64(source);
    return word % below;
}
