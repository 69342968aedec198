/* Mailbox: how commands reach the engine's thread and come back; two lanes, so that what ends work
 * never waits behind what brings more. The only memory that threads share, guarded by one lock. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/command.h"
#include "engine/event_pack.h"

enum lane { LANE_URGENT, LANE_NORMAL, LANES };

struct mailbox {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    struct list lanes[LANES];
    struct list replies, packs;
    bool is_stopped;
    unsigned gathered; /* posts since the last take */
    bool is_waiting;   /* the engine sleeps */
    bool solo_is_next; /* it was passed over once for being not alone */
};

void mailbox_init(struct mailbox *mailbox);
void mailbox_fini(struct mailbox *mailbox);
/* Any thread. A sleeping engine is woken by every GATHER_MAX of them, and by mailbox_nudge(), so
 * that commands that come together are taken together. */
void mailbox_post(struct mailbox *mailbox, struct command *command);
/* Any thread: make a sleeping mailbox_take() return; stop: for good. */
void mailbox_nudge(struct mailbox *mailbox, bool stop);
/* Engine thread: wait up to wait_ms for something (0: do not wait), then move up to max commands to
 * ret_commands, urgent ones first. A command that wants a transaction of its own comes alone. False
 * once stopped. */
bool mailbox_take(struct mailbox *mailbox, int64_t wait_ms, unsigned max,
                  struct list *ret_commands);
/* Engine thread: commands that were not run after all; they come first again. */
void mailbox_return(struct mailbox *mailbox, struct list *commands);
/* Engine thread: hand answered commands over, and events unless pack is NULL; returns whether the
 * other side had fetched all before (and needs a wake). */
bool mailbox_answer(struct mailbox *mailbox, struct list *commands, struct event_pack *pack);
/* Whether no command waits. */
bool mailbox_is_empty(struct mailbox *mailbox);
/* Loop thread. */
void mailbox_fetch(struct mailbox *mailbox, struct list *ret_commands, struct list *ret_packs);

/* The table's say about a command. */
bool command_is_solo(const struct command *command);
bool command_is_read(const struct command *command);
