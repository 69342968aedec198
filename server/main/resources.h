/* Resources: what the process takes from the system before it serves: files, data folder, signals.
 */
#pragma once

#include "base/error.h"

/* Raise the limit of open files as far as allowed; how many there may be. */
unsigned resources_raise_files(void);
/* How many connections fit beside the broker's own files. */
unsigned resources_connections(unsigned files_max, unsigned wanted);
/* Make the folder and those above it, for the owner only, and make that last. */
MUST_CHECK enum err resources_make_folder(const char *path, struct error *error);
/* Files are the owner's only; a client that hangs up is an error of a call, not the end. */
void resources_set_process(void);
