/* Reception: what comes back of one request, within its bounds. */
#pragma once

#include <curl/curl.h>

#include "base/buffer.h"

enum {
    RECEPTION_HEAD_MAX = 16384,
    RECEPTION_ERROR_MAX = 65536, /* of the body of an answer that is not 2xx */
    RECEPTION_TYPE_MAX = 256,
    RECEPTION_RETRY_MAX = 64,
};

struct reception {
    CURL *easy;
    int64_t body_max; /* of an answer that is 2xx */
    size_t head_len;  /* of all heads, of 1xx and trailers too */
    int status;       /* of the head that is over; 0: none yet */
    bool is_cut;      /* there was more body than may be */
    struct buffer body;
    char content_type[RECEPTION_TYPE_MAX];
    char retry_after[RECEPTION_RETRY_MAX];
};

void reception_init(struct reception *reception, CURL *easy, int64_t body_max);
void reception_fini(struct reception *reception);
/* For the next answer. */
void reception_reset(struct reception *reception);
