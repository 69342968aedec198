/* Sending: one thing that is on its way to an endpoint: a task or a delivery. */
#pragma once

#include "domain/task.h"
#include "exchange.h"
#include "target.h"

/* The memory that came with sendings, given back when the last of them is over. */
struct parcel {
    struct arena *mem;
    unsigned sendings;
};

struct sending {
    struct list_node link; /* of its target: waiting or sent */
    struct target *target;
    struct parcel *parcel;
    struct host *host;
    bool is_guest;    /* to a URL of its own */
    bool has_no_room; /* and its host has enough of those */
    bool is_https;
    const char *url;
    struct exchange *exchange; /* NULL: it waits */
    uint64_t number;           /* of its target's pace */
    int64_t came_ms;
    const struct task *task;              /* of a worker */
    const struct delivery_view *delivery; /* of a webhook */
    bool is_over;                         /* it was answered */
};

/* All that an errand brought. */
struct parcel *parcel_new(struct arena *mem);
/* No sending came of it: give the memory back. */
void parcel_close(struct parcel *parcel);
/* In the target's line. url NONE: the target's own. NULL: that URL cannot be called. */
struct sending *sending_new(struct push *push, struct parcel *parcel, struct target *target,
                            struct bytes url);
/* There is room: send it. */
void sending_send(struct push *push, struct sending *sending);
/* It is over, sent or not: cut, and forgotten. */
void sending_end(struct push *push, struct sending *sending);
