/* Reading: lists are read on a thread and a connection of their own, from what has been committed.
 */
#pragma once

#include "engine/command.h"
#include "store/store.h"

struct readers;

/* answer: called on the reader's thread with each command that is done. memory stores have no
 * thread: use readers_run(). */
struct readers *readers_open(const struct store *store, bool with_thread,
                             void (*answer)(void *ctx, struct command *), void *ctx,
                             struct error *error);
void readers_close(struct readers *readers); /* answers what is left; NULL is fine */
/* Any thread. */
void readers_post(struct readers *readers, struct command *command);
/* Read a page here and now, on this connection. */
void readers_run(struct readers *readers, struct db *db, struct command *command);
