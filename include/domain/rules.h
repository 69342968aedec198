/* Rules: what a task asks for beyond its queue and class: named limits, a share, an order, to be
 * the only one of its key, to come after others, to stay with a worker, to tell of its end. */
#pragma once

#include "base/arena.h"
#include "domain/bounds.h"

/* Which unfinished task of the same key counts as the same. */
enum dedup_scope {
    DEDUP_UNFINISHED, /* one that is not terminal */
    DEDUP_QUEUED,     /* one that was never claimed */
    DEDUP_ACTIVE,     /* one that is running or waiting */
    DEDUP_WINDOW,     /* one that was made within the window, whatever became of it */
};

enum dedup_conflict { DEDUP_RETURN, DEDUP_REPLACE, DEDUP_REJECT, DEDUP_DEBOUNCE };

struct dedup {
    struct bytes key; /* NONE: none */
    enum dedup_scope scope;
    enum dedup_conflict on_conflict;
    int64_t window_ms;    /* of DEDUP_WINDOW */
    int64_t max_delay_ms; /* of DEDUP_DEBOUNCE, from the first submit on; -1: no end */
};

enum order_failure { ORDER_SKIP, ORDER_BLOCK };
enum dependency_failure { DEPENDENCY_FAIL, DEPENDENCY_SKIP, DEPENDENCY_RUN };

/* One unit of a fair share in virtual time, at weight 1. */
#define SHARE_UNIT       (INT64_C(1) << 20)
#define WEIGHT_MIN_MILLI INT64_C(1)
#define WEIGHT_MAX_MILLI INT64_C(1000000)

enum { LIMIT_UNITS_MAX = 1000000 };

/* Strings are borrowed; NONE: not said. Texts have no control characters. */
struct task_rules {
    struct bytes limits;       /* "NAME UNITS", a newline behind each, sorted by name */
    struct bytes fairness_key; /* NONE: the submitting token's */
    int64_t weight_milli;      /* thousandths; 0: not said, that is 1 */
    struct bytes ordering_key;
    enum order_failure on_order_failure;
    struct dedup dedup;
    struct bytes depends_on; /* ids, or names of a batch, a newline behind each */
    enum dependency_failure on_dependency_failure;
    struct bytes affinity;
    struct bytes callback_webhook; /* the name of the one that is told of its end */
    struct bytes callback_url;     /* or the URL */
};

struct limit_use {
    struct bytes name;
    int64_t units;
};

/* Sorts the array; NONE for none. Names differ. */
struct bytes limits_write(struct limit_use *uses, unsigned len, struct arena *arena);
/* Cut the first off *rest; false when there is none. */
bool limits_next(struct bytes *rest, struct limit_use *ret_use);

bool rules_have_callback(const struct task_rules *rules);
bool rules_say_something(const struct task_rules *rules);
/* How rules are kept in a row; NONE when nothing is said. */
struct bytes rules_write(const struct task_rules *rules, struct arena *arena);
/* False when text is not one that rules_write() made; strings point into text. */
bool rules_read(struct bytes text, struct task_rules *ret_rules);
/* What one task of this weight takes of its key's share. */
int64_t rules_share(const struct task_rules *rules);
