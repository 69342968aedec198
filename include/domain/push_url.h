/* Push URL: which addresses Sluice may be made to call. Judged twice: the URL's text when it is
 * registered, and the address of each connection when it is made, after names were resolved; the
 * second is what counts, so a name that resolves to something else later gains nothing. */
#pragma once

#include "base/error.h"
#include "base/network.h"

enum { PUSH_URL_MAX = 2048, PUSH_HOST_MAX = 253, PUSH_LABEL_MAX = 63 };

/* Where Sluice itself listens. Who listens on all addresses lists each that the machine has. */
struct push_own {
    struct network_address address;
    unsigned port;
};

struct push_policy {
    struct networks allowed;    /* ranges that may be called though they are not public, at
                                   any port, and by http: */
    const struct push_own *own; /* never, not even if allowed */
    unsigned own_len;
    bool allow_task_urls; /* a task's callback may name a URL */
};

struct push_url {
    bool is_https;
    bool is_literal;                /* host is an address: */
    struct network_address address; /* this one */
    struct bytes host;              /* borrowed; V6 without brackets */
    unsigned port;
};

/* https:, or http: where something is allowed; no userinfo, no fragment, a host of at most 253
 * bytes of ASCII (an address only as itself: 127.1 and 0x7f.1 are refused), a port that is 443 or
 * from 1024 up unless the address is allowed. error.detail says what is wrong and repeats nothing
 * of the URL, its where stays "". What depends on a name's addresses is left to the connection. */
MUST_CHECK enum err push_url_read(struct bytes text, const struct push_policy *policy,
                                  struct push_url *ret_url, struct error *error);
/* May a connection to it be made? NULL: it may; else why not. */
const char *push_address_refusal(const struct push_policy *policy, bool is_https,
                                 const struct network_address *address, unsigned port);
