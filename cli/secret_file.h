/* Secret file: where a token is written that nobody but its owner may read. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

struct secret_file {
    const char *name; /* NULL: standard output */
    int fd;
    bool is_new; /* it was not there before */
};

/* Open it before the token is made, or the token could be lost. name may be NULL. False: the
 * message was printed. */
bool secret_file_open(struct secret_file *file, const char *name);
/* Replaces what it held; on standard output it says so when others can read what that is. False:
 * the message was printed. */
bool secret_file_write(struct secret_file *file, struct bytes line);
/* Beside what was shown as a table: the secret by itself, or that the file has it now. NONE: none
 * was set. False: the message was printed. */
bool secret_file_show(struct secret_file *file, struct bytes secret);
/* Close it; one that is new and was not written to is taken away. */
void secret_file_close(struct secret_file *file);

#define OUT_OPTION                                                                                 \
    {                                                                                              \
        .name = "out", .kind = OPTION_TEXT, .value = "FILE",                                       \
        .help = "Write it to this file, readable to its owner only, instead of showing it."        \
    }
