/* Sim: chance, notes, failures, and the life of one world. */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define WALL_START_MS INT64_C(1700000000000)
#define MONO_START_MS INT64_C(1000000)

void sim_init(struct sim *sim, uint64_t seed, bool traces)
{
    *sim = (struct sim){
        .seed = seed,
        .traces = traces,
        .now = {.wall_ms = WALL_START_MS, .mono_ms = MONO_START_MS},
        .wall_max_ms = WALL_START_MS,
        .hash = UINT64_C(14695981039346656037),
    };
    random_seed(&sim->own_bits, seed);
    random_seed(&sim->engine_bits, ~seed);
    sim->random = random_from_seed(&sim->own_bits);
    sim->engine_random = random_from_seed(&sim->engine_bits);
    list_init(&sim->asked);
    (void)snprintf(sim->store_name, sizeof(sim->store_name), "memory:sim%llu",
                   (unsigned long long)seed);
    sim->metrics = metrics_new();
    sim->rows = rows_open(sim->store_name);
    swarm_draw(sim);
    host_open(sim);
}

void sim_fini(struct sim *sim)
{
    if (sim->engine != NULL)
        host_kill(sim);
    rows_close(sim->rows);
    model_fini(&sim->model);
    metrics_free(sim->metrics);
    free(sim->submissions);
    free(sim->hooks.told);
}

uint64_t sim_below(struct sim *sim, uint64_t below)
{
    return random_below(&sim->random, below);
}

bool sim_chance(struct sim *sim, unsigned percent)
{
    return sim_below(sim, 100) < percent;
}

void sim_note(struct sim *sim, const char *format, ...)
{
    char *note = sim->notes[sim->notes_len++ % NOTES_MAX];
    int len = snprintf(note, NOTE_LEN, "step %llu +%lld ms: ", (unsigned long long)sim->steps,
                       (long long)(sim->now.mono_ms - MONO_START_MS));
    va_list args;

    va_start(args, format);
    (void)vsnprintf(note + len, (size_t)(NOTE_LEN - len), format, args);
    va_end(args);
    if (sim->traces)
        (void)printf("%s\n", note);
}

void sim_fail(struct sim *sim, const char *format, ...)
{
    va_list args;

    if (sim->has_failed)
        return;
    sim->has_failed = true;
    va_start(args, format);
    (void)vsnprintf(sim->failure, sizeof(sim->failure), format, args);
    va_end(args);
    sim_note(sim, "FAILED: %s", sim->failure);
}

void sim_mix(struct sim *sim, uint64_t value)
{
    sim->hash = (sim->hash ^ value) * UINT64_C(1099511628211);
    sim->hash ^= sim->hash >> 29;
}

void sim_print_failure(const struct sim *sim)
{
    uint64_t first = sim->notes_len > NOTES_MAX ? sim->notes_len - NOTES_MAX : 0;

    (void)printf("seed %llu failed at step %llu: %s\n", (unsigned long long)sim->seed,
                 (unsigned long long)sim->steps, sim->failure);
    if (sim->traces)
        return;
    for (uint64_t i = first; i < sim->notes_len; i++)
        (void)printf("    %s\n", sim->notes[i % NOTES_MAX]);
    (void)printf("    again: sluice-sim --seed %llu --trace\n", (unsigned long long)sim->seed);
}

int64_t submission_add(struct sim *sim, unsigned queue)
{
    if (sim->submissions_len == sim->submissions_room) {
        sim->submissions_room = sim->submissions_room * 2 + 64;
        sim->submissions =
            mem_resize(sim->submissions, (size_t)sim->submissions_room * sizeof(struct submission));
    }
    sim->submissions[sim->submissions_len] = (struct submission){.queue = queue};
    return sim->submissions_len++;
}

struct bytes queue_name(unsigned queue)
{
    static const char *const names[QUEUES] = {"red", "green", "blue"};

    return bytes_of(names[queue]);
}

struct bytes limit_named(unsigned limit)
{
    static const char *const names[LIMITS + RULES] = {"gpu", "disk", "tenant-a", "tenant-b", "free",
                                                      "*",   "t*",   "tenant-*", "tenant-a*"};

    return bytes_of(names[limit]);
}

struct bytes labels_named(unsigned set)
{
    static const char *const sets[LABEL_SETS] = {"", "gpu=a100\n", "gpu=t4\n", "gpu=a100\nzone=b\n",
                                                 "zone=b\n"};

    return bytes_of(sets[set]);
}

struct bytes type_name(unsigned type)
{
    static const char *const names[TYPES] = {"apple", "pear"};

    return bytes_of(names[type]);
}
