/* Scratch: a folder of its own for a test, gone with all that is in it at the end; in memory where
 * the system has that. */
#pragma once

#include <stdbool.h>

struct scratch {
    char path[128];
};

void scratch_make(struct scratch *scratch);
void scratch_remove(struct scratch *scratch);
/* The path of a name in it; valid until the fourth call from here. */
const char *scratch_path(const struct scratch *scratch, const char *name);
void scratch_write(const struct scratch *scratch, const char *name, const void *bytes,
                   unsigned long len);
bool scratch_has(const struct scratch *scratch, const char *name);
