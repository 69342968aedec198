/* Ring: the newest events in memory, bounded by bytes, each with its text made once. */
#pragma once

#include "engine/event_pack.h"

struct ring;

struct ring *ring_new(void);
void ring_free(struct ring *ring);
/* The pack is the ring's now. False: it does not follow what was there, which is gone. */
bool ring_take(struct ring *ring, struct event_pack *pack);
/* Nothing is known any more. */
void ring_clear(struct ring *ring);
/* Events behind the first number up to the second are there; -1: nothing is known. */
int64_t ring_after(const struct ring *ring);
int64_t ring_last(const struct ring *ring);
const struct event *ring_event(const struct ring *ring, int64_t number); /* it must be there */
/* As a stream tells it. */
struct bytes ring_text(struct ring *ring, int64_t number);

/* The same of any event, appended. */
void ring_write_text(struct buffer *buffer, const struct event *event);
