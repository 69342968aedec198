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
    unsigned room = server->options.parked_max + (urgent ? server->options.parked_urgent_extra : 0);
    struct error error;

    (void)waits;
    ASSERT(request->phase == REQUEST_RUNNING);
    if (server->parked_len >= room) {
        (void)error_set(&error, ERR_OVERLOADED, "", "%u requests wait already", server->parked_len);
        request_refuse(request, &error);
        return false;
    }
    request->phase = REQUEST_PARKED;
    list_push_back(&server->parked, &request->parked_link);
    server->parked_len++;
    return true;
}

bool request_is_alive(const struct request *request)
{
    return peer_look(request->connection->fd).is_there;
}
