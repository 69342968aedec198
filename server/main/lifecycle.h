/* Lifecycle: the broker's parts, started in order, stopped in reverse. */
#pragma once

#include "config.h"

/* Start, serve, drain, stop; the process's exit code. The log is configured. */
int lifecycle_run(const struct config *config);
