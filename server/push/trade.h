/* Trade: where workers and webhooks differ. */
#pragma once

#include "base/arena.h"
#include "domain/push_answer.h"

struct exchange;
struct sending;
struct letter;
struct push;
struct target;

struct trade {
    const char *name; /* of metrics */
    /* Ask for up to max sendings, and report what ended on the way. */
    void (*ask)(struct push *push, struct target *target, unsigned max);
    /* Report what ended. */
    void (*report)(struct push *push, struct target *target);
    void (*write)(struct push *push, struct sending *sending, struct letter *letter,
                  struct arena *mem);
    /* What became of it, to be reported. */
    void (*settle)(struct push *push, struct sending *sending, const struct exchange *exchange,
                   const struct push_answer *answer, enum push_end end);
    /* It was not sent after all. */
    void (*give_back)(struct push *push, struct sending *sending);
    /* Whatever else it needs, each time that it is served; when again, in the room's time.
     * NULL: nothing. */
    int64_t (*attend)(struct push *push, struct target *target);
};

extern const struct trade trade_tasks, trade_deliveries;
