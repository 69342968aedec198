/* Checkup: what serve would refuse, as far as that is seen without making or opening anything. */
#pragma once

#include "config.h"

/* Prints what is wrong, and what cannot be known, on stderr; the exit code. Settings are loaded. */
int checkup_run(const struct config *config);
