/* Token file: the operator's access tokens, one a line, as they are when it is read. */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "domain/token.h"

struct token_file {
    struct buffer text;       /* what the lines' globs point into */
    struct token_line *lines; /* without those that are empty */
    size_t lines_len;
    unsigned plain_len;  /* lines that hold the token itself */
    unsigned short_len;  /* and one that is short enough to be guessed */
    bool is_for_anybody; /* every user of the machine may read it */
};

/* error names the file and the line and never the token. token_file_fini() is needed in any case.
 */
MUST_CHECK enum err token_file_read(const char *path, struct token_file *file, struct error *error);
void token_file_fini(struct token_file *file);
