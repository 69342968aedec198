/* TLS: certificate, key and the clients' CA, exchanged under a running server; the only file of
 * this layer that knows GnuTLS. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"
#include "http/server.h"

#include "library.h"

enum { TLS_DAEMON_OPTIONS = 3 };

struct tls;
/* One connection's side of it. */
struct tls_session;

MUST_CHECK enum err tls_open(const struct http_tls_files *files, struct tls **ret_tls,
                             struct error *error);
/* For connections from here on. Not OK: nothing has changed. */
MUST_CHECK enum err tls_reload(struct tls *tls, struct error *error);
/* After libmicrohttpd has stopped; NULL is fine. */
void tls_close(struct tls *tls);
/* For MHD_OPTION_ARRAY, ended. */
void tls_daemon_options(struct MHD_OptionItem ret_options[TLS_DAEMON_OPTIONS]);

/* A connection was accepted, before its handshake. on_thirst(ctx) is called whenever the handshake
 * found nothing to read. NULL: it cannot be served. */
struct tls_session *tls_enter(struct tls *tls, struct MHD_Connection *mhd, int fd,
                              void (*on_thirst)(void *ctx), void *ctx);
/* The connection ends; address: whose it was, for the log when its handshake failed. session NULL
 * is fine. */
void tls_leave(struct tls *tls, struct tls_session *session, const char *address);
/* One try to send a last word past libmicrohttpd; nothing is sent before the handshake is through.
 */
void tls_say_last(struct tls_session *session, struct bytes text);
