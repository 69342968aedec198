/* Spool: answer lines that must wait until a request's body has ended; in memory while few, else in
 * an unlinked file. */
#pragma once

#include <stdint.h>

#include "base/buffer.h"

struct spool {
    struct buffer buffer; /* what is not in the file yet */
    const char *folder;
    int fd; /* -1: none yet */
    uint64_t file_size;
    bool failed; /* the file could not be made or written: what was to go there is lost */
};

void spool_init(struct spool *spool, const char *folder);
void spool_fini(struct spool *spool);
/* Call after each line: moves what has become too much for memory. */
void spool_settle(struct spool *spool);
/* Everything into the file, if there is one; false when that failed. */
bool spool_finish(struct spool *spool);
/* The file is the caller's now. */
int spool_take(struct spool *spool);
