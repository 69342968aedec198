/* Parked: requests that wait for somebody else's word. libmicrohttpd looks at none of them: no
 * deadline runs and nobody notices a client that leaves, so whoever holds one asks
 * request_is_alive() and answers in time. */
#include "request_struct.h"

#include "base/assert.h"

#include "peer.h"
#include "server_struct.h"

bool request_park(struct request *request, bool waits)
{
    struct http_server *server = request->connection->server;
    bool urgent = request->route != NULL && request->route->urgent;
    unsigned *len = waits ? &server->waiting_len : &server->working_len;
    unsigned room = waits || server->options.working_max == 0 ? server->options.parked_max
                                                              : server->options.working_max;
    struct error error;

    ASSERT(request->phase == REQUEST_RUNNING);
    if (*len >= room + (urgent ? server->options.parked_urgent_extra : 0)) {
        (void)error_set(&error, ERR_OVERLOADED, "", "%u requests %s already", *len,
                        waits ? "wait" : "are at work");
        request_refuse(request, &error);
        return false;
    }
    request->phase = REQUEST_PARKED;
    request->waits = waits;
    list_push_back(&server->parked, &request->parked_link);
    (*len)++;
    return true;
}

void request_unpark(struct request *request)
{
    struct http_server *server = request->connection->server;

    list_remove(&request->parked_link);
    if (request->waits)
        server->waiting_len--;
    else
        server->working_len--;
}

bool request_is_alive(const struct request *request)
{
    return peer_look(request->connection->fd).is_there;
}
