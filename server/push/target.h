/* Target: an endpoint that is called, with all that is on its way to it. */
#pragma once

#include "base/heap.h"
#include "domain/pace.h"
#include "domain/push_answer.h"
#include "engine/reply.h"
#include "errand.h"
#include "host.h"
#include "pile.h"

struct trade;

enum { TARGET_KEY_LEN = 17, TARGET_ERROR_MAX = 96 };

struct target {
    enum target_kind kind;
    char key[TARGET_KEY_LEN]; /* of kind and id */
    const struct trade *trade;
    struct id worker;
    int64_t webhook;
    struct bytes ns, name; /* kept */
    char *url;
    bool is_https;
    struct signature_key keys[SIGNATURE_KEYS_MAX];
    unsigned keys_len;
    int64_t old_key_until_ms;
    bool is_shut;    /* the engine says so: it has nothing for it */
    bool is_out;     /* gets nothing new: shut, gone, or no URL that may be called */
    unsigned woken;  /* as the engine said it last */
    bool is_dropped; /* deleted: freed when nothing of it is out */

    struct pace pace;
    struct host *host;
    struct list waiting; /* sendings that there was no room for */
    unsigned waiting_len;
    struct list sent;    /* sendings under way */
    struct list recalls; /* of a worker: cancels that are not over */
    struct list unsent;  /* of them, those whose DELETE waits for room */
    struct pile ended;   /* outcomes: of struct outcome or struct delivery_outcome */

    struct list_node dropped;                /* of the room's, until its errands are back */
    unsigned errands;                        /* that are out */
    struct errand *ask, *report, *heartbeat; /* NULL: none is out */
    int64_t ask_from_ms, heartbeat_from_ms, report_from_ms; /* not before */

    struct list_node due;      /* to be served at the end of this turn */
    struct list_node starving; /* waits for room of the host or of the room */
    bool is_starving_of_all;   /* of the room */
    struct heap_node sleep;    /* is due at a time; of the room's milliseconds */

    struct target_health noted; /* without its error */
    char error[TARGET_ERROR_MAX];
    bool is_noting;
    bool is_gone; /* it answered 410, and the engine is to be told */
    int64_t noted_ms;
};

void target_key(const struct target_view *view, char ret_key[TARGET_KEY_LEN]);
/* NULL: its URL cannot be called. */
struct target *target_new(struct push *push, const struct target_view *view);
void target_change(struct push *push, struct target *target, const struct target_view *view);
/* It was deleted: what is on its way is cut. */
void target_drop(struct push *push, struct target *target);
void target_free_if_over(struct push *push, struct target *target);
/* Whatever is out: when the room ends. */
void target_free(struct push *push, struct target *target);
/* Those that sign now. */
unsigned target_keys(const struct target *target, int64_t wall_ms);
