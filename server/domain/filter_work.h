/* Filter work: what one match may still do, and whether something has gone wrong. */
#pragma once

#include "domain/filter.h"

struct filter_regex_room;

struct filter_work {
    struct arena *scratch;
    struct filter_regex_room *room; /* NULL until the first pattern is searched for */
    unsigned steps;
    bool trouble; /* nothing that is found from now on counts */
};

/* A step is about as much work as looking at one value. False: there is trouble. */
static inline bool filter_spend(struct filter_work *work, size_t steps)
{
    if (steps > (size_t)(FILTER_STEPS_MAX - work->steps)) {
        work->steps = FILTER_STEPS_MAX;
        work->trouble = true;
    } else {
        work->steps += (unsigned)steps;
    }
    return !work->trouble;
}

/* Always false, so that it can be returned. */
static inline bool filter_trouble(struct filter_work *work)
{
    work->trouble = true;
    return false;
}
