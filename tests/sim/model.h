/* Model: what the broker may do, kept beside it in plain arrays; it replays the event log and
 * compares the rows with that. */
#pragma once

#include "rows.h"

struct sim;

enum phase { ABSENT, PENDING, RUNNING, SUCCEEDED, FAILED, CANCELLED, EXPIRED, DELETED };

enum { SAID_BY_LEAVING = 1 << 7 };

/* All that is known of one task. */
struct known {
    int64_t number, submission;
    struct id id;
    enum phase phase;
    int64_t queue;
    int64_t attempt, delivery, failures, losses;
    unsigned starts;      /* signs of life of this delivery that were noted: at most one */
    bool cancel_was_told; /* somebody was told that a cancel of it is under way */
    bool is_doomed;       /* a purge was answered while it waited */
    bool heard_of_cancel; /* its worker was told */
    uint64_t waits_since; /* the step that made it wait, or wait here */
    int deletes_open;
    enum phase ended_as; /* the last end */
    unsigned ends;
    int64_t claimed_mono_ms;
    int64_t limit_ms; /* of the attempt, by its own limit or the deadline; -1: none */
    bool is_cut;      /* that is the deadline */
    int64_t lease_ms;
    int64_t lasts_until_ms; /* mono: a loss before this is too early */
    uint8_t *said;          /* by delivery: what its holder sent, a bit per enum outcome_kind */
    unsigned said_len;
    bool was_claimed; /* in the batch at hand */
};

struct model {
    struct known **tasks; /* by number; NULL: never seen */
    int64_t tasks_len;
    struct snapshot snapshots[2];
    unsigned newest;
    int64_t last_event;
    unsigned edits_open; /* commands on their way that change due time or queue: neither is exact
                            meanwhile */
};

void model_fini(struct model *model);
struct known *model_known(struct model *model, int64_t number);
const struct known *model_by_id(const struct model *model, struct id id);
const struct snapshot *model_now(const struct model *model);
const struct snapshot *model_before(const struct model *model);
/* Look at what a batch did. */
void model_look(struct sim *sim);
/* The process is another: leases have what is promised then. */
void model_restarted(struct sim *sim);
/* A holder sends this word. */
void model_said(struct model *model, const struct lease_token *token, unsigned bit);
bool phase_is_over(enum phase phase);
/* By its own time, or the usual ones: no queue here says others. */
bool was_kept_long_enough(const struct row_task *task, int64_t now_ms);
enum phase phase_of(int64_t state);
/* What the holder of a delivery says when it says "failed": always the same, so that the model
 * knows. */
bool word_is_final(int64_t task, int64_t delivery);
int64_t word_delay_ms(int64_t task, int64_t delivery); /* -1: not said */
/* Whether a worker may take a task of this class. */
bool worker_may_run(const struct row_worker *worker, const struct row_class *of_class);
bool worker_has_queue(const struct row_worker *worker, const struct row_queue *queue);
