/* Work: one registered worker: claims tasks, runs a program on each, and answers for them until it
 * leaves. */
#pragma once

#include "base/arena.h"
#include "base/list.h"
#include "errand.h"
#include "loop.h"

struct work_config {
    struct http_target target;
    const char *identity;
    const char *instance;
    const char *const *queues; /* NULL-ended */
    const char *const *types;  /* NULL-ended; empty: all */
    char *const *argv;         /* the program */
    unsigned concurrency;
    int64_t kill_after_ms;
    int64_t tasks_max;    /* -1: no end */
    int64_t idle_exit_ms; /* -1: never */
};

enum work_phase {
    WORK_SERVES,
    WORK_DRAINS, /* claims nothing more, finishes what runs */
    WORK_LEAVES, /* tells the broker */
    WORK_IS_OVER,
};

struct work {
    const struct work_config *config;
    struct http *http;
    struct loop *loop;
    struct watch signals;
    enum work_phase phase;
    bool is_forced; /* a second signal: nothing is finished any more */
    int exit_code;
    struct list jobs;
    unsigned jobs_len;

    char *worker_id; /* NULL until registered */
    struct errand registration;
    struct errand claim;
    struct errand heartbeat;
    struct errand leave;
    int64_t heartbeat_ms;
    int64_t claimed; /* tasks so far */
    int64_t idle_since_mono_ms;
    bool is_quiet;     /* the broker asked for no more claims */
    bool is_away;      /* the broker does not answer; said once */
    bool names_leases; /* heartbeats name what we hold, as the broker may count a lease that never
                          reached us */
};

/* Runs until it is told to end; returns the exit code. */
int work_run(const struct work_config *config);

/* For its parts, in files of their own. */
void work_drain(struct work *work, const char *why);
/* Ends everything at once: the broker will never have us. */
void work_give_up(struct work *work, int exit_code);
/* Says once that the broker is away, and once that it is back. */
void work_note_answer(struct work *work, const struct http_answer *answer);
/* "/v1/workers/{id}" and what comes behind it, in the arena. */
const char *work_path(const struct work *work, const char *rest, struct arena *arena);

/* Each starts what is due and returns when it wants to be called again. */
int64_t registration_move(struct work *work, int64_t now_mono_ms);
int64_t claiming_move(struct work *work, int64_t now_mono_ms);
int64_t heartbeat_move(struct work *work, int64_t now_mono_ms);
/* The broker does not know this worker: register again, whatever runs goes on. */
void registration_lost(struct work *work);
/* A claim under way is cut off; its answer may be lost with it. */
void claiming_stop(struct work *work);
