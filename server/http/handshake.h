/* Handshake: lets libmicrohttpd forget a connection while its client owes a piece of the TLS
 * handshake; it would ask the socket again and again without a pause. */
#pragma once

struct connection;

/* Inside libmicrohttpd's handling of this connection only: nothing has come, wait for it. */
void handshake_wait(struct connection *connection);
/* Look at it again; fine for one that does not wait. */
void handshake_go_on(struct connection *connection);
