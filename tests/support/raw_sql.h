/* Raw SQL: a look at, or a change of, a database file behind the store's back. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* database_path: or a URI. The first column of the first row; -1 when there is none or it fails. */
int64_t raw_number(const char *database_path, const char *sql);
bool raw_exec(const char *database_path, const char *sql);
