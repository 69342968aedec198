/* Room: who is let in, and who must leave for it. */
#pragma once

#include "base/error.h"

struct connection;
struct http_server;
struct request;

/* A connection was accepted: count it, and shut it or others for want of room. */
void room_enter(struct connection *connection);
/* It has ended. */
void room_leave(struct connection *connection);
/* Give the memory of a crowd that has gone back to the system; to be called now and then. */
void room_tidy(struct http_server *server);
/* May this client send a request now? */
MUST_CHECK enum err room_take_request(struct request *request, struct error *error);
