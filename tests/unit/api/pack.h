/* Pack: events as the engine hands them over. */
#pragma once

#include "engine/event_pack.h"

/* count events behind a number, task.submitted of queue "q" unless changed; count 0: they were not
 * kept, and there are `missed` of them. */
struct event_pack *pack_make(int64_t after, unsigned count, int64_t missed);
/* An id that ends in this byte. */
struct id pack_id(uint8_t last);
