/* Stream: a request's body handed on piece by piece; what is held back stays in the client's
 * socket. */
#include "request_struct.h"

#include "base/assert.h"

static void give(struct request *request, struct request_piece piece)
{
    request->route->stream(request, &piece);
}

void stream_take_piece(struct request *request, struct bytes piece, size_t *ret_taken)
{
    struct error error;

    /* Chunks that were read before the hold come here once more while suspended. */
    if (stream_is_held(request)) {
        *ret_taken = 0;
        return;
    }
    if (!body_fits(request, request->body_seen + piece.len)) {
        (void)body_too_large(request, &error);
        give(request, (struct request_piece){.cut = true});
        if (request->early == NULL)
            request_refuse(request, &error);
        return;
    }
    request->body_seen += piece.len;
    give(request, (struct request_piece){.data = piece});
    (void)stream_is_held(request);
}

bool stream_is_held(struct request *request)
{
    if (request->is_held)
        request_suspend(request);
    return request->is_held;
}

void stream_end(struct request *request)
{
    give(request, (struct request_piece){.data = BYTES(""), .last = true});
}

void stream_cut(struct request *request)
{
    give(request, (struct request_piece){.data = BYTES(""), .cut = true});
}

void request_hold(struct request *request)
{
    ASSERT(request->phase == REQUEST_BODY);
    if (request->early == NULL)
        request->is_held = true;
}

void request_go_on(struct request *request)
{
    request->is_held = false;
    if (request->phase != REQUEST_BODY || !request->is_suspended)
        return;
    request->is_suspended = false;
    request->window_len = 0;
    connection_enter(request->connection,
                     request->early != NULL ? CONNECTION_DRAINING : CONNECTION_RECEIVING);
    MHD_resume_connection(request->connection->mhd);
}
