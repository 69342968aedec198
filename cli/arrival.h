/* Arrival: one HTTP/1.1 request that somebody sends us; for the small receiver of `hook listen`. */
#pragma once

#include "base/buffer.h"

struct arrival {
    struct buffer buffer; /* all of it; the rest points into it */
    struct bytes method, target, headers, body;
};

/* Waits for it as long as the socket does. 0: it is whole; else the status that says what is wrong
 * with it, -1 when nobody is there to be told. */
MUST_CHECK int arrival_read(struct arrival *arrival, int fd);
void arrival_fini(struct arrival *arrival);
/* Cut the next header off *rest, which begins as arrival->headers. */
bool arrival_each(struct bytes *rest, struct bytes *ret_name, struct bytes *ret_value);
/* The first of that name; NONE: absent. */
struct bytes arrival_header(const struct arrival *arrival, struct bytes name);
