/* Trust: which brokers a client believes over TLS, and the certificate that it shows them. */
#pragma once

#include <stdbool.h>

#include "options.h"

struct trust {
    const char *ca_file;   /* instead of the system's authorities; NULL: those */
    const char *cert_file; /* the client's own; NULL: none */
    const char *key_file;  /* NULL: it stands in cert_file */
    bool believes_any;     /* whatever certificate the broker has */
};

/* From --ca-file, --cert-file, --key-file and --insecure; borrows from the options and the
 * environment. Other than OK: the message was printed. */
MUST_CHECK int trust_of(const struct options *options, struct trust *ret_trust);
/* Put the files into the environment for programs that this one starts; insecurity is nothing to
 * hand on. */
void trust_hand_on(const struct trust *trust);

/* How an exchange over TLS can fail. */
enum trust_failure {
    TRUST_HELD,        /* it was something else */
    TRUST_NOT_SIGNED,  /* by none that is believed */
    TRUST_OTHER_NAME,  /* the certificate is for another host */
    TRUST_WAS_REFUSED, /* the broker ended the connection just after the handshake */
    TRUST_BAD_FILES,   /* our own certificate or key cannot be used */
    TRUST_NO_TLS,      /* the handshake did not come to its end, as with one that speaks none */
};
/* What to do about it; NULL: nothing to add. */
const char *trust_advice(const struct trust *trust, enum trust_failure failure);
