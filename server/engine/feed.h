/* Feed: the events of a batch, gathered for those who listen and handed over with its answers. */
#pragma once

#include "batch.h"

/* Only of a batch that is heard. */
void feed_note(struct batch *batch, const struct event_row *row);
/* It is committed: batch->pack is what is to be handed over. */
void feed_seal(struct batch *batch);
/* It is undone. */
void feed_drop(struct batch *batch);
