/* Option: `--name VALUE` pairs of a benchmark tool, from a table that is also its help. */
#pragma once

#include <stdint.h>

struct option {
    const char *name;  /* without the dashes; NULL ends a table */
    const char *value; /* the default until option_read() finds another */
    const char *help;
};

/* Read all arguments into the table. Anything else prints the table and exits with 64. */
void option_read(struct option *table, int argc, char **argv);

/* The value of an option that the table has. */
const char *option_text(const struct option *table, const char *name);

/* The same as a whole number >= 0; exits with 64 when it is none. */
int64_t option_number(const struct option *table, const char *name);

/* The same as an unsigned number that is at least 1. */
unsigned option_count(const struct option *table, const char *name);
