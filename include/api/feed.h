/* Feed: what happens, told to all who listen over HTTP. Loop thread only. */
#pragma once

#include "engine/event_pack.h"

struct api;
struct feed;

/* api is borrowed, and need not be filled yet. */
struct feed *feed_new(struct api *api);
void feed_free(struct feed *feed); /* no request is left; NULL is fine */
/* What the engine hands over; the feed's now. */
void feed_take(struct feed *feed, struct event_pack *pack);
/* The engine is about to close: nothing is asked of it any more. Whoever listens is sent what is at
 * hand, then told goodbye. */
void feed_close(struct feed *feed);
