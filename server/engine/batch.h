/* Batch: one transaction's worth of commands: what it has decided so far and what becomes true with
 * its COMMIT. */
#pragma once

#include "brain.h"
#include "store/repo_event.h"
#include "store/repo_task.h"

/* Something in memory that changes once the transaction is durable. */
struct effect {
    struct effect *next;
    void (*apply)(struct engine *engine, struct effect *effect);
    void (*cancel)(
        struct effect *effect); /* instead of apply, when the batch is undone; may be NULL */
    void *object;
    void *data;
    int64_t number;
};

/* A task that changed and that somebody waits for. */
struct touched {
    struct touched *next;
    int64_t task;
};

struct ended;

struct batch {
    struct engine *engine;
    struct db *db;
    struct hot *hot;
    struct moment now;
    struct arena *mem;    /* gone after the batch */
    struct list commands; /* to be run */
    struct list done;     /* run: answered, or parked by this batch */
    struct list answered; /* parked ones that this batch answers */
    struct effect *effects, **effects_end;
    struct touched *touched;
    struct ended *ends, **ends_end; /* of tasks that others wait for, for deps_settle() */
    struct finish_notes {           /* tasks that finished, for retention */
        struct finish_note *at;
        unsigned len, room;
    } finishes;
    struct event_pack *pack; /* events for the loop; NULL: none so far */
    bool is_heard;           /* somebody wants them */
    unsigned rows;           /* written so far, roughly */
    unsigned commands_len;   /* run so far */
    unsigned reruns_len;     /* of the commands, the first: those that were parked and go on */
    bool is_solo;            /* one command that changes settings, and nothing else */
    struct numbers_before {  /* of hot, should the batch be undone */
        int64_t task, event, events_size, intent, due_ms, end_ms;
        struct chain_end audit;
    } before;
};

/* Commands of one batch write about so many rows; what is left over comes with the next. */
enum { BATCH_ROWS_MAX = 4000 };

/* Run one batch with these commands, then what fell due; answers are handed over. False: there was
 * nothing to do. */
bool batch_run(struct engine *engine, struct list *commands);

/* Answers. */
void batch_answer(struct batch *batch, struct command *command);
void batch_refuse(struct batch *batch, struct command *command, enum err code, const char *where,
                  const char *format, ...) PRINTF_LIKE(5, 6);
/* Answer a parked command; its reply is filled in. */
void batch_answer_parked(struct batch *batch, struct parked *parked);

/* What becomes true after COMMIT. */
struct effect *batch_effect(struct batch *batch, void (*apply)(struct engine *, struct effect *));
/* What was true at once, and is not when the batch is undone. */
struct effect *batch_on_undo(struct batch *batch, void (*cancel)(struct effect *));
/* Somebody may wait for this task. */
void batch_touch(struct batch *batch, int64_t task);
/* Something became ready or free here: match parked claims before COMMIT. */
void batch_offer_queue(struct batch *batch, struct hot_queue *queue);
void batch_offer_worker(struct batch *batch, struct hot_worker *worker);

/* With its number and time; batch_event() and the like call it. */
void batch_put_event(struct batch *batch, struct event_row *row);
void batch_event(struct batch *batch, enum event_kind kind, const struct task *task,
                 struct bytes data);
void batch_queue_event(struct batch *batch, enum event_kind kind, const struct hot_queue *queue,
                       struct bytes data);
void batch_worker_event(struct batch *batch, enum event_kind kind, const struct hot_worker *worker);

/* Names that rows of this batch refer to: write theirs first if they are new. */
void batch_use_ns(struct batch *batch, struct hot_ns *ns);
void batch_use_class(struct batch *batch, struct hot_class *of_class);
void batch_use_queue(struct batch *batch, struct hot_queue *queue);
/* Write the queue's row as it will be, even if it is not new. */
void batch_save_queue(struct batch *batch, struct hot_queue *queue, const struct hot_queue *as);

void batch_metric(const struct batch *batch, enum metric metric);
/* last: the value of the label behind namespace and queue, or NONE. */
void batch_queue_metric(const struct batch *batch, enum metric metric,
                        const struct hot_queue *queue, struct bytes last);
