/* Resources: what the process is to the system before it serves: files, user, signals. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

/* Raise the limit of open files as far as allowed; how many there may be. */
unsigned resources_raise_files(void);
/* How many connections fit beside the broker's own files. */
unsigned resources_connections(unsigned files_max, unsigned wanted);
/* Files are the owner's only; a client that hangs up is an error of a call, not the end. A core
 * dump would hold what clients sent. */
void resources_set_process(bool with_core_dumps);
/* variable: what SLUICE_CONTAINER is set to, or NULL. A file such as /.dockerenv says nothing: it
 * is there for developers too. */
bool resources_is_container(pid_t pid, const char *variable);
/* Root is refused in a container. */
MUST_CHECK enum err resources_check_user(bool allows_root, struct error *error);
