/* Token file: the operator's access tokens, one a line, as they are when it is read. */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "domain/token.h"
#include "file_facts.h"

struct token_file {
    struct buffer text;       /* what the lines' globs point into */
    struct token_line *lines; /* without those that are empty */
    size_t lines_len;
    unsigned plain_len; /* lines that hold the token itself */
    unsigned short_len; /* and one that is short enough to be guessed */
    struct file_facts facts;
    bool is_token_alone; /* and no role: as clients have it */
};

/* error names the file and the line and never the token. token_file_fini() is needed in any case.
 */
MUST_CHECK enum err token_file_read(const char *path, struct token_file *file, struct error *error);
void token_file_fini(struct token_file *file);
