/* Book: the endpoints there are, kept as the engine tells of them. */
#pragma once

#include "push_struct.h"

/* Ask for what changed, unless that is asked for already. */
void book_watch(struct push *push);
