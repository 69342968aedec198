/* Response: an answer in libmicrohttpd's form, with the headers that every answer carries. */
#pragma once

#include "request_struct.h"

/* Queue what was answered early; the body is over or not worth reading. */
void response_send_early(struct request *request);
/* Queue a response of the caller's making, with the headers of every answer. */
void response_send(struct request *request, int status, const char *content_type,
                   struct MHD_Response *response);
/* What was answered early as bytes on the wire that end the connection, for what is sent by hand.
 */
void response_write_early(struct buffer *buffer, const struct request *request);
/* A whole answer as text, for a connection on which libmicrohttpd cannot answer now; it says that
 * it is closed. */
void response_write_raw(struct buffer *buffer, const struct http_server *server,
                        const struct error *error, struct bytes id_text);
