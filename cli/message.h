/* Message: what a command says to the person at the terminal; always stderr, stdout is for data. */
#pragma once

#include "base/compiler.h"

/* "sluice: …" and a line end. */
void message_error(const char *format, ...) PRINTF_LIKE(1, 2);
/* A line without the program's name. */
void message_note(const char *format, ...) PRINTF_LIKE(1, 2);
