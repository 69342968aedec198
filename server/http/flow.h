/* Flow: an answer whose body grows. */
#pragma once

#include "request_struct.h"

/* The request ends; nothing when its answer does not flow. */
void flow_leave(struct request *request);
/* Let those be pulled that were quiet for long, and cut whoever has gone or takes nothing. True:
 * libmicrohttpd has something to do. */
bool flow_sweep(struct http_server *server, int64_t now_ms);
/* Let all be pulled. */
void flow_on_all(struct http_server *server);
/* End all of them, in the midst of what they were being sent. */
void flow_cut_all(struct http_server *server);
