/* Shares: backlogs of several keys, and what each gets of the claims. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* How many divisions were fair, and how many were not. */
void shares_run(uint64_t seed, int64_t divisions, bool traces, uint64_t *passed, uint64_t *failed);
