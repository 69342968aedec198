/* Token codec: what a token is asked to be. */
#pragma once

#include "codec.h"
#include "domain/access.h"

struct token_draft {
    unsigned role;                        /* enum role */
    struct bytes name, ns, queues;        /* NONE: not said */
    int64_t expires_at_ms, expires_in_ms; /* -1: not said; never both */
};

MUST_CHECK enum err token_draft_read(struct codec *codec, struct bytes text,
                                     struct token_draft *ret_draft);
MUST_CHECK enum err token_overlap_read(struct codec *codec, struct bytes text,
                                       int64_t *ret_overlap_ms);
