/* Feed, for the handlers: who listens. */
#pragma once

#include "api/feed.h"
#include "subscriber.h"

/* Answer this request with the events it wants. is_parked: it is already; else it will be, or is
 * refused. */
void feed_subscribe(struct feed *feed, struct request *request, const struct subscription *wants,
                    bool is_parked);
