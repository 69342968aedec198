/* Sim: one simulated world: a broker on a virtual clock, its clients, and all that they know of
 * each other. */
#pragma once

#include "domain/pace.h"
#include "engine/engine.h"
#include "hooks.h"
#include "model.h"
#include "rows.h"

enum {
    QUEUES = 3,
    TYPES = 2,
    LIMITS = 5,
    RULES = 4, /* names of limits that are rules */
    LABEL_SETS = 5,
    AGENTS = 5,
    ENDPOINTS = 2, /* of push workers, which are agents behind the others */
    PUSHES_MAX = 24,
    HELD_MAX = 96,
    NOTES_MAX = 48,
    NOTE_LEN = 160,
    LEASE_LONGEST_MS = 60000,
    WORKER_TTL_MS = 15000
};

/* How a worker behaves. */
enum temper { HONEST, SLOW, ZOMBIE, CRASHING, TEMPERS };

struct agent {
    enum temper temper;
    bool is_registered;
    struct id id;
    unsigned claims, heartbeats; /* asked, not answered */
};

/* What the push room knows of an endpoint. */
struct endpoint {
    bool is_known, is_out;
    struct id worker;
    struct pace pace;
};

/* A request to an endpoint. */
struct push {
    bool is_under_way, is_cancelled;
    unsigned endpoint;
    struct id worker, task;
    struct lease_token token;
    uint64_t number; /* of its pace */
    int64_t ends_at_ms;
};

struct room {
    bool is_on;
    bool is_healed; /* every endpoint does well from now on */
    bool watches;
    int64_t since;
    struct endpoint endpoints[ENDPOINTS];
    struct push pushes[PUSHES_MAX];
    uint64_t pushed, accepted; /* for the report */
};

/* A lease that some agent was given, whether or not it still counts. */
struct held {
    struct lease_token token;
    struct id task;
    unsigned agent;
    int64_t act_at_ms; /* mono */
};

/* One payload that was sent, perhaps more than once under one key. */
struct submission {
    unsigned queue;
    bool is_keyed, is_line; /* is_line: the key is of one line of a batch */
    bool is_schedule;       /* a template: each of its slots makes one */
    unsigned schedule;
    bool has_dedup; /* another's task may be its answer */
    int open;       /* sends that may still become a task */
    int clones_open;
    int rows;
    struct id id; /* nil: no answer yet */
    int64_t first_at_ms;
};

/* What one attempt's holder says; what was known when it was sent. */
struct word {
    int64_t task;
    int32_t delivery;
    enum outcome_kind kind;
    bool is_genuine;
    bool was_over; /* the attempt had ended: nothing may come of it but a repeat */
};

/* A command on its way, with what its sender remembers. */
struct op {
    struct list_node link;
    struct sim *sim;
    struct command *command;
    unsigned agent;
    int64_t first; /* its submissions; -1: none */
    unsigned submissions;
    struct word *words;
    unsigned words_len;
    int64_t task; /* what it is about; -1: none */
    unsigned queue, schedule;
    int64_t wait_ms,
        ends_mono_ms; /* when it has its answer at the latest; -1: the engine has not seen it yet */
    uint64_t posted_step;
    bool of_room;
    int64_t webhook;       /* its number; -1: not about one */
    bool is_gone;          /* its client hung up */
    bool was_gone_waiting; /* and the engine had it parked then */
};

enum act {
#define ACT(name, weight) ACT_##name,
#include "acts.def"
#undef ACT
    ACTS_MAX,
};

/* What a world is about: some bugs show only where much comes together. */
enum theme { OF_ALL, OF_RATES, OF_SCHEDULES };

/* What is on in this world, and how often. */
struct swarm {
    unsigned weights[ACTS_MAX];
    unsigned weights_sum;
    unsigned acts_a_step, crashes_per_10000; /* between a COMMIT and what follows it */
    unsigned tasks_max;
    enum theme theme;
    bool has_small_leases, has_wall_jumps, has_retry_policies, has_confirm, has_ends, has_demands;
    unsigned cap_percent, wait_percent, key_percent;
    unsigned rate_percent, limit_percent, order_percent, dedup_percent, await_percent,
        share_percent;
};

struct sim {
    uint64_t seed;
    bool traces;
    struct random_seeded own_bits, engine_bits;
    struct random_source random, engine_random;
    struct moment now;
    int64_t step_wall_ms, step_before_wall_ms; /* of the last batch, and the one before */
    int64_t wall_max_ms;                       /* the latest wall time there ever was */
    char store_name[64];
    struct metrics *metrics;
    struct engine *engine;
    struct rows *rows;
    bool disk_is_full;
    bool has_ended; /* the engine said that its drain is over */
    struct swarm swarm;
    struct model model;
    struct list asked; /* ops that the engine has */
    struct agent agents[AGENTS + ENDPOINTS];
    struct room room;
    struct hooks hooks;
    struct held held[HELD_MAX];
    unsigned held_next;
    struct submission *submissions;
    int64_t submissions_len, submissions_room;
    uint64_t steps, commands, grants, ends, kills, starts; /* what happened, for the report */
    uint64_t hash;
    bool has_failed;
    char failure[512];
    char notes[NOTES_MAX][NOTE_LEN];
    uint64_t notes_len;
};

/* World: beginning and end of it, chance, and what is told about it. */
void sim_init(struct sim *sim, uint64_t seed, bool traces);
void sim_fini(struct sim *sim);
uint64_t sim_below(struct sim *sim, uint64_t below);
/* The same for small numbers. */
static inline unsigned sim_pick(struct sim *sim, unsigned below)
{
    uint64_t pick = sim_below(sim, below);

    return (unsigned)pick;
}
bool sim_chance(struct sim *sim, unsigned percent);
void sim_note(struct sim *sim, const char *format, ...) PRINTF_LIKE(2, 3);
/* Only the first failure counts; the world goes on to its end without looking further. */
void sim_fail(struct sim *sim, const char *format, ...) PRINTF_LIKE(2, 3);
void sim_mix(struct sim *sim, uint64_t value); /* into the hash of all that happened */
void sim_print_failure(const struct sim *sim);

/* Host: the broker's process. */
void host_open(struct sim *sim);
void host_close(struct sim *sim); /* a clean stop: everything is answered */
void host_kill(struct sim *sim);  /* kill -9: what was not answered never will be */
void host_drain(struct sim *sim); /* an orderly shutdown to its end, then closed */
/* Run batches until nothing is left to do, checking after each. */
void host_settle(struct sim *sim);
void host_pass(struct sim *sim, int64_t by_ms); /* time goes by */
void host_step_wall(struct sim *sim, int64_t by_ms);

/* Room: calls endpoints for push workers. */
void room_run(struct sim *sim);
void room_answered(struct op *op);
void room_forget(struct sim *sim); /* the process is another */
void room_quiet(struct sim *sim);

/* Ops: commands made, sent and given back. */
struct op *op_new(struct sim *sim, enum command_kind kind);
void op_post(struct op *op);
void op_free(struct op *op);
struct bytes op_printf(struct op *op, const char *format, ...) PRINTF_LIKE(2, 3);

/* Answers: what comes back is held against the rows, and learnt from. */
void answer_check(struct op *op);

/* Quiet: what must be true when the engine has nothing left to do. */
void quiet_check(struct sim *sim);
void schedules_quiet(struct sim *sim);
void quiet_rules(struct sim *sim); /* of those, what limits, orders and dependencies say */
/* Whether a ready task could have been leased by what its limits say; what only a rate holds must
 * have a timer. */
bool quiet_is_free(struct sim *sim, const struct row_worker *worker, const struct row_task *task);
void quiet_look(struct sim *sim); /* counts as the engine shows them, against the rows */

/* Acts: one thing that somebody does. */
void act_run(struct sim *sim, enum act act);
#define ACT(name, weight) void act_##name(struct sim *sim);
#include "acts.def"
#undef ACT

/* Swarm: what is on is drawn from the seed. */
void swarm_draw(struct sim *sim);
void swarm_act(struct sim *sim); /* some acts, one step */

/* Heal: all faults end, and everything must come to its end. */
void heal_run(struct sim *sim);

struct bytes queue_name(unsigned queue);
struct bytes limit_named(unsigned limit); /* LIMITS names, then RULES */
struct bytes schedule_named(unsigned schedule);
enum err schedule_read_task(void *ctx, struct bytes json, int64_t now_ms, struct arena *mem,
                            struct task_spec *ret_spec, struct error *error);
struct bytes type_name(unsigned type);
struct bytes labels_named(unsigned set);
/* A task that exists, or with some luck one that did. NULL: there was none yet. */
const struct known *pick_task(struct sim *sim);
struct held *pick_held(struct sim *sim);
int64_t submission_add(struct sim *sim, unsigned queue);
/* Fill a spec for this submission, as the swarm says. */
void spec_fill(struct op *op, struct task_spec *spec, int64_t submission);
/* Rules of a task, drawn as the swarm says. */
void rules_draw(struct op *op, struct task_rules *rules);
/* A member of an array waits for others of it. */
void refs_draw(struct op *op, struct task_spec *specs, unsigned nth);
struct rate_limit rate_draw(struct sim *sim);
void outcome_fill(struct op *op, struct outcome *outcome, const struct lease_token *token,
                  enum outcome_kind kind);
