/* Secure: a TLS client that shows a certificate or none, and the certificates for it. */
#pragma once

#include "client.h"

struct secure;

/* What a client brings along; NULL members: nothing. */
struct secure_options {
    const char *ca;         /* file; the server's certificate must be signed by it */
    const char *cert, *key; /* files */
    const char *priorities; /* GnuTLS's text */
};

/* Make NAME.crt and NAME.key for localhost in a folder; signer NULL: signed by itself. */
void secure_make_certificate(const char *folder, const char *name, const char *signer);
/* NULL when the handshake fails. */
struct secure *secure_open(struct harness *harness, const struct secure_options *options);
/* Say hello, wait for the answer, and leave without another word. */
void secure_leave_early(struct harness *harness);
void secure_send(struct secure *secure, const char *bytes, size_t len);
void secure_say(struct secure *secure, const char *text);
struct answer secure_read(struct secure *secure, bool is_head_only);
int secure_fd(const struct secure *secure);
/* The serial number of the server's certificate, in hex. */
const char *secure_serial(const struct secure *secure);
bool secure_has_alpn(const struct secure *secure, const char *name);
void secure_close(struct secure *secure); /* NULL is fine */
/* Open, say, read, close; status 0 when the handshake fails. */
struct answer secure_ask(struct harness *harness, const struct secure_options *options,
                         const char *text);
