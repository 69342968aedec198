/* Inbox: commands that the engine has answered, on their way from the main loop to the room. */
#pragma once

#include <uv.h>

#include "engine/command.h"

struct inbox;

/* wake: told when the first command arrives; must live until inbox_close(). */
struct inbox *inbox_new(uv_async_t *wake);
/* The room's thread: one more command will come back. */
void inbox_expect(struct inbox *inbox);
/* Main loop. After inbox_close() the command is only freed. */
void inbox_put(struct inbox *inbox, struct command *command);
/* The room's thread: all that arrived. */
void inbox_fetch(struct inbox *inbox, struct list *ret_commands);
/* Main loop, when the room's thread has ended. The inbox goes with the last command. */
void inbox_close(struct inbox *inbox);
