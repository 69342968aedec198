/* Model: what the broker may do, kept beside it in plain arrays; it replays the event log and
 * compares the rows with that. */
#pragma once

#include "domain/rules.h"
#include "rows.h"

struct sim;

enum phase { ABSENT, PENDING, RUNNING, SUCCEEDED, FAILED, CANCELLED, EXPIRED, DELETED };

enum { SAID_BY_LEAVING = 1 << 7, AWAITED_MAX = 4, STOPS_MAX = 8, BUCKETS = 8, SCHEDULES = 2 };

/* A task that another waits for, or takes the place of, as it was then. */
struct other {
    int64_t task, delivery;
    unsigned ends;
    bool was_over;
};

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
    int64_t created_at_ms;
    struct task_rules rules; /* points into rules_text */
    char *rules_text;
    bool is_letter;      /* a copy of one that failed */
    bool is_copy;        /* that, or a clone: no submit's policies hold for it */
    bool must_end;       /* a limit says so: by the end of the batch that made it */
    bool has_room_asked; /* a limit asks the oldest to stop for it */
    unsigned holds;      /* a bit for each limit of which it may be the oldest itself */
    uint32_t paid;       /* the same: charged at submit */
    bool needs_nobody;   /* retried by hand: it waits for nobody any more */
    struct other awaited[AWAITED_MAX], stops[STOPS_MAX];
    unsigned awaited_len, stops_len;
    int64_t place;       /* in the line of its ordering key */
    bool blocks;         /* it is over, and holds that line */
    uint64_t moved_step; /* it changed its queue in that step */
};

/* What a rate has in store at most. */
struct bucket {
    struct rate_limit rate;
    double units;
    int64_t at_mono_ms;
};

struct model {
    struct known **tasks; /* by number; NULL: never seen */
    int64_t tasks_len;
    struct snapshot snapshots[2];
    unsigned newest;
    int64_t last_event;
    int64_t last_place; /* the latest number or place that was given out */
    struct bucket of_limits[BUCKETS], of_queues[BUCKETS];
    int triggers_open[SCHEDULES];
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
/* What holds for a limit's name, by its row or the most specific rule. */
struct limit_settings limit_in_force(const struct snapshot *snapshot, struct bytes name);
int64_t limit_held(const struct model *model, struct bytes name);
int64_t limit_running(const struct model *model, struct bytes name);
/* Whether it has to end without a run, because of one that it waits for. */
bool keys_doom(const struct model *model, const struct known *known);
/* In store by now at most; never more than the burst. */
double bucket_units(struct bucket *bucket, int64_t now_mono_ms);
struct bucket *bucket_of_limit(struct model *model, struct bytes name);
bool worker_has_queue(const struct row_worker *worker, const struct row_queue *queue);
