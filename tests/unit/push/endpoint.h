/* Endpoint: a small HTTP server on loopback, one thread a connection, that answers as its path
 * says: /status/N, /say/TEXT, /slow/MS, /hang, /close, /big/BYTES, /head/BYTES, /cut. A DELETE is
 * answered by the number behind ?delete=, else 204. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { ENDPOINT_TEXT_MAX = 16384 };

struct endpoint;

struct endpoint *endpoint_open(void);
void endpoint_close(struct endpoint *endpoint);
unsigned endpoint_port(const struct endpoint *endpoint);
unsigned endpoint_posts(struct endpoint *endpoint);
unsigned endpoint_deletes(struct endpoint *endpoint);
unsigned endpoint_connections(struct endpoint *endpoint);
/* The most that were under way at once. */
unsigned endpoint_peak(struct endpoint *endpoint);
/* The whole of the last request. */
void endpoint_last(struct endpoint *endpoint, char ret_text[ENDPOINT_TEXT_MAX]);
/* From now on every POST is answered by this status; 0: as the path says. */
void endpoint_answer(struct endpoint *endpoint, int status);
