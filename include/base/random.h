/* Random: where random bits come from, so that a simulation can replay them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct random_source {
    void *ctx;
    void (*fill)(void *ctx, void *ret_bytes, size_t len); /* engine thread only */
};

/* getrandom(2); unguessable. */
struct random_source random_system(void);
/* xoshiro256** from a seed, for tests; state is the caller's. */
struct random_seeded {
    uint64_t state[4];
};
void random_seed(struct random_seeded *seeded, uint64_t seed);
struct random_source random_from_seed(struct random_seeded *seeded);
uint64_t random_u64(const struct random_source *source);
/* Even over 0 .. below-1; below > 0. */
uint64_t random_below(const struct random_source *source, uint64_t below);
