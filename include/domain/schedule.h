/* Schedule: tasks that are made by the clock. The rules of one slot (a moment that its cron
 * expression names): when it fires, whether it was missed, and what comes of it. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/id.h"
#include "domain/bounds.h"

/* What a slot does when the task that was made last is not over. */
enum schedule_overlap {
    OVERLAP_SKIP,         /* nothing */
    OVERLAP_QUEUE,        /* its task waits for the end of the other */
    OVERLAP_CANCEL_OTHER, /* the same, and the other is cancelled */
    OVERLAP_ALLOW,        /* its task does not mind */
};

/* What becomes of slots that passed while nobody looked: the broker was down, the clock stepped. */
enum schedule_missed {
    MISSED_ONCE, /* one task for all of them */
    MISSED_ALL,  /* one each, MISSED_TASKS_MAX at most */
    MISSED_SKIP, /* none */
};

/* On the wire, by number; NULL behind the last. */
extern const char *const schedule_overlap_words[], *const schedule_missed_words[];

enum { MISSED_TASKS_MAX = 1000 };

/* Looked at so much later than its jitter allows for, a slot was missed. */
#define SCHEDULE_LATE_MS       MINUTE_MS
#define SCHEDULE_JITTER_MAX_MS HOUR_MS

/* What it was set up with. The template of its tasks is a text of its own. */
struct schedule_settings {
    struct bytes cron, timezone; /* as they were said */
    struct bytes queue;          /* where its tasks go */
    enum schedule_overlap overlap;
    enum schedule_missed missed;
    int64_t jitter_ms;
    bool paused;
};

struct schedule_task {
    int64_t number; /* -1: none */
    struct id id;
};

struct schedule_state {
    int64_t next_slot_ms; /* the first that has not been dealt with; -1: none */
    int64_t last_slot_ms; /* the last that has; -1: none yet */
    int64_t made_up;      /* tasks made for missed slots since the last one that was not missed */
    struct schedule_task last;  /* made last */
    struct schedule_task other; /* that one waits for, or waited */
    int64_t fired, skipped;     /* slots with a task, and without */
    struct bytes error;         /* why the last slot made no task; NONE: it did */
};

struct schedule_state schedule_state_new(int64_t next_slot_ms);

/* When the slot fires: up to jitter_ms after it, always the same for the same slot. Slots are dealt
 * with in their order, so one whose moment comes early waits for the one before. */
int64_t schedule_moment_ms(struct bytes ns, struct bytes name, int64_t slot_ms, int64_t jitter_ms);

/* Nobody looked at it in time. */
bool schedule_is_missed(int64_t slot_ms, int64_t jitter_ms, int64_t now_ms);
/* Whether a missed slot makes a task; made: how many of the same outage did. */
bool schedule_makes_up(enum schedule_missed missed, int64_t made);
