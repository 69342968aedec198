/* Handlers: one function a kind of command, found through the table; each answers the command or
 * parks it. */
#pragma once

#include "batch.h"

#define COMMAND(name, lane) void run_##name(struct batch *batch, struct command *command);
#include "tables/commands.def"
#undef COMMAND
