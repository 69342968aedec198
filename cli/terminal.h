/* Terminal: whether a stream shows colours, and how wide it is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* "auto", "always" or "never"; anything else is auto. NO_COLOR, FORCE_COLOR and TERM=dumb rule
 * auto. */
bool terminal_has_color(FILE *stream, const char *when);
/* Columns, 0 when it is no terminal. */
size_t terminal_width(FILE *stream);
