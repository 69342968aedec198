/* Token text: a token as commands read it, from a file of one or from the broker's own. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

#define ROLE_WORDS "viewer, submitter, worker, operator or admin"

/* The first word of the first line that is neither empty nor a comment; NONE: there is none. */
struct bytes token_text_of(struct bytes file);
/* NULL, or what is wrong with it; never the token itself. */
const char *token_text_complaint(struct bytes token);
/* Is it one of ROLE_WORDS? False: said so, by the name it has on the command line. */
bool role_is_ok(const char *name, const char *role);
