/* Races: one task, and everything that can end it at about the same time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* How many ended as they should, and how many did not. */
void races_run(uint64_t seed, int64_t races, bool traces, uint64_t *passed, uint64_t *failed);
