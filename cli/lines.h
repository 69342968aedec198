/* Lines: cuts a stream that comes in pieces into lines; a line that never ends is cut at a length.
 */
#pragma once

#include "base/buffer.h"

typedef void line_fn(void *owner, struct bytes line); /* without its end */

struct lines {
    struct buffer part; /* the line that has not ended yet */
    size_t line_max;
    line_fn *on_line;
    void *owner;
};

void lines_init(struct lines *lines, size_t line_max, line_fn *on_line, void *owner);
void lines_fini(struct lines *lines);
void lines_add(struct lines *lines, struct bytes data);
/* The stream is over: what is there is a line too. */
void lines_end(struct lines *lines);
