/* File facts: whose a file is, who may do what with it, and when it was changed last. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct file_facts {
    int64_t modified_at_ms; /* -1: not known */
    bool is_for_anybody;    /* every user of the machine may read or write it */
};

struct file_facts file_facts_of(const struct stat *stat_of);
/* False: there is no such file, or it cannot be looked at; then nothing is known. */
bool file_facts_read(const char *path, struct file_facts *ret_facts);
