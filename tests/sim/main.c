/* Sluice-sim: many simulated worlds from their seeds, and the races. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/parse.h"
#include "races.h"
#include "shares.h"
#include "sim.h"

enum { REPEAT_EVERY = 25 };

struct ask {
    int64_t seeds, first_seed, steps, races, shares;
    int64_t only_seed; /* -1: all */
    bool traces;
};

struct tally {
    uint64_t passed, failed, steps, commands, grants, ends, kills, pushed, accepted, told, taken,
        died, missed;
};

/* The hash of all that happened; 0 when it failed. */
static uint64_t run_seed(const struct ask *ask, uint64_t seed, struct tally *tally)
{
    static struct sim sim; /* large, and one at a time */
    uint64_t hash;

    sim_init(&sim, seed, ask->traces);
    while (sim.steps < (uint64_t)ask->steps && !sim.has_failed)
        swarm_act(&sim);
    if (!sim.has_failed)
        heal_run(&sim);
    hash = sim.has_failed ? 0 : sim.hash;
    if (sim.has_failed)
        sim_print_failure(&sim);
    tally->steps += sim.steps;
    tally->commands += sim.commands;
    tally->grants += sim.grants;
    tally->ends += sim.ends;
    tally->kills += sim.kills;
    tally->pushed += sim.room.pushed;
    tally->accepted += sim.room.accepted;
    tally->told += sim.hooks.sent;
    tally->taken += sim.hooks.taken;
    tally->died += sim.hooks.died;
    tally->missed += sim.hooks.missed;
    sim_fini(&sim);
    return hash;
}

static void run_and_count(const struct ask *ask, uint64_t seed, struct tally *tally)
{
    uint64_t hash = run_seed(ask, seed, tally);
    bool repeats = hash != 0 && seed % REPEAT_EVERY == 0;

    if (repeats && run_seed(ask, seed, tally) != hash) {
        (void)printf("seed %llu: two runs differ\n", (unsigned long long)seed);
        hash = 0;
    }
    if (ask->only_seed >= 0)
        (void)printf("seed %llu hash %016llx\n", (unsigned long long)seed,
                     (unsigned long long)hash);
    if (hash != 0)
        tally->passed++;
    else
        tally->failed++;
    (void)fflush(stdout);
}

static bool read_ask(int argc, char **argv, struct ask *ask)
{
    const struct {
        const char *name;
        int64_t *number;
    } numbers[] = {
        {"--seeds", &ask->seeds}, {"--first-seed", &ask->first_seed}, {"--steps", &ask->steps},
        {"--races", &ask->races}, {"--shares", &ask->shares},         {"--seed", &ask->only_seed},
    };

    for (int i = 1; i < argc; i++) {
        bool is_read = strcmp(argv[i], "--trace") == 0;

        ask->traces = ask->traces || is_read;
        for (size_t j = 0; j < ARRAY_LEN(numbers) && !is_read; j++)
            if (strcmp(argv[i], numbers[j].name) == 0 && i + 1 < argc)
                is_read = parse_int(bytes_of(argv[++i]), 0, INT64_MAX, numbers[j].number);
        if (!is_read)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct ask ask = {
        .seeds = 300, .first_seed = 1, .steps = 800, .races = 10000, .shares = 20, .only_seed = -1};
    struct tally tally = {.passed = 0};

    if (!read_ask(argc, argv, &ask)) {
        (void)fprintf(
            stderr,
            "usage: sluice-sim [--seeds N] [--first-seed S] [--steps N] [--seed X [--trace]] [--races N] [--shares N]\n");
        return 2;
    }
    log_configure(LOG_ERROR, LOG_TEXT);
    if (ask.only_seed >= 0) {
        run_and_count(&ask, (uint64_t)ask.only_seed, &tally);
    } else {
        for (int64_t i = 0; i < ask.seeds; i++)
            run_and_count(&ask, (uint64_t)(ask.first_seed + i), &tally);
        races_run((uint64_t)ask.first_seed, ask.races, ask.traces, &tally.passed, &tally.failed);
        shares_run((uint64_t)ask.first_seed, ask.shares, ask.traces, &tally.passed, &tally.failed);
    }
    (void)printf(
        "%llu batches, %llu commands, %llu leases granted, %llu attempts ended, %llu kills, %llu pushed, %llu accepted\n",
        (unsigned long long)tally.steps, (unsigned long long)tally.commands,
        (unsigned long long)tally.grants, (unsigned long long)tally.ends,
        (unsigned long long)tally.kills, (unsigned long long)tally.pushed,
        (unsigned long long)tally.accepted);
    (void)printf("%llu deliveries sent, %llu taken, %llu died, %llu missed\n",
                 (unsigned long long)tally.told, (unsigned long long)tally.taken,
                 (unsigned long long)tally.died, (unsigned long long)tally.missed);
    (void)printf("%llu passed, %llu failed\n", (unsigned long long)tally.passed,
                 (unsigned long long)tally.failed);
    return tally.failed == 0 ? 0 : 1;
}
