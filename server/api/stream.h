/* Stream: many tasks in one request, one a line, of any length. */
#pragma once

#include "http/request.h"

struct stream;

/* minimal: answer only refused lines and the last. */
struct stream *stream_new(struct request *request, bool minimal);
/* The request ends. What the engine still holds is let go when it comes back. */
void stream_release(struct stream *stream);
/* More of the body. is_last: it has ended; the answer follows. */
void stream_take(struct stream *stream, struct bytes piece, bool is_last);
