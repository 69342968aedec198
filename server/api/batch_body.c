/* Batch body: the one streamed body; its type or first byte says whether it is an array or one task
 * a line. */
#include <stdlib.h>

#include "base/memory.h"
#include "batch.h"
#include "codec.h"
#include "handlers.h"
#include "header_value.h"
#include "stream.h"

enum batch_form { FORM_UNKNOWN, FORM_ARRAY, FORM_LINES, FORM_REFUSED };

struct batch_body {
    enum batch_form form;
    bool minimal;
    struct buffer array;
    struct stream *stream;
};

static void release(void *state)
{
    struct batch_body *body = state;

    buffer_fini(&body->array);
    if (body->stream != NULL)
        stream_release(body->stream);
    free(body);
}

/* ---- the head ---- */

static enum err check_head(struct request *request, struct batch_body *body, struct error *error)
{
    static const char *const QUERY[] = {"atomic", NULL};
    struct bytes type = bytes_trim(request_header(request, "content-type"));
    enum media media = media_of(type);
    struct preference preference = {.minimal = false};
    const struct api *api = request_server_ctx(request);
    enum err code = call_check_query(request, QUERY, false, error);

    if (code == OK)
        code = preference_read(request_header(request, "prefer"), &api->bounds, &preference, error);
    if (code != OK)
        return code;
    if (type.len > 0 && media != MEDIA_JSON && media != MEDIA_LINES)
        return error_set(error, ERR_UNSUPPORTED_MEDIA, "Content-Type",
                         "application/json and application/x-ndjson are taken");
    if (!name_is_valid(request_ns(request)))
        return error_set(error, ERR_NOT_FOUND, "", "there is no such namespace");
    body->minimal = preference.minimal;
    return OK;
}

static void refuse(struct request *request, struct batch_body *body, const struct error *error)
{
    body->form = FORM_REFUSED;
    request_refuse(request, error);
}

static void begin_lines(struct request *request, struct batch_body *body)
{
    struct error error;

    if (request_header(request, "idempotency-key").at != NULL) {
        (void)error_set(&error, ERR_INVALID_FIELD, "Idempotency-Key",
                        "goes with arrays; a line of a stream may have an idempotency_key");
        refuse(request, body, &error);
        return;
    }
    if (request_query(request, "atomic").at != NULL) {
        (void)error_set(&error, ERR_INVALID_FIELD, "?atomic", "goes with arrays only");
        refuse(request, body, &error);
        return;
    }
    body->form = FORM_LINES;
    body->stream = stream_new(request, body->minimal);
}

void op_submit_batch(struct request *request)
{
    const struct api *api = request_server_ctx(request);
    struct batch_body *body = mem_alloc(sizeof(*body));
    struct error error;

    buffer_init(&body->array, (size_t)api->bounds.of[BOUND_BODY_MAX]);
    request_set_state(request, body, release);
    if (check_head(request, body, &error) != OK)
        refuse(request, body, &error);
    else if (media_of(request_header(request, "content-type")) == MEDIA_LINES)
        begin_lines(request, body);
}

/* ---- the body ---- */

static void find_form(struct request *request, struct batch_body *body, struct bytes piece)
{
    for (size_t i = 0; i < piece.len && body->form == FORM_UNKNOWN; i++) {
        if (piece.at[i] == '[')
            body->form = FORM_ARRAY;
        else if (piece.at[i] != ' ' && piece.at[i] != '\t' && piece.at[i] != '\r' &&
                 piece.at[i] != '\n')
            begin_lines(request, body);
    }
}

static void take_array(struct request *request, struct batch_body *body,
                       const struct request_piece *piece)
{
    const struct api *api = request_server_ctx(request);
    char text[BOUND_TEXT_MAX];
    struct error error;

    buffer_append(&body->array, piece->data);
    if (body->array.overflowed) {
        bound_format(&api->bounds, BOUND_BODY_MAX, text);
        (void)error_set(&error, ERR_TOO_LARGE, "",
                        "%s; this array has more; one task a line may go on for ever", text);
        refuse(request, body, &error);
    } else if (piece->last) {
        batch_run_array(request, buffer_bytes(&body->array));
    }
}

void op_submit_batch_stream(struct request *request, const struct request_piece *piece)
{
    struct batch_body *body = request_state(request);
    struct error error;

    if (piece->cut)
        return; /* what was taken stays taken; the rest goes with the state */
    if (body->form == FORM_UNKNOWN)
        find_form(request, body, piece->data);
    if (body->form == FORM_ARRAY) {
        take_array(request, body, piece);
    } else if (body->form == FORM_LINES) {
        stream_take(body->stream, piece->data, piece->last);
    } else if (body->form == FORM_UNKNOWN && piece->last) {
        (void)error_set(&error, ERR_MALFORMED, "", "the body is empty");
        refuse(request, body, &error);
    }
}
