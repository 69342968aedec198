/* Digest: SHA-256, by GnuTLS. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

enum { DIGEST_LEN = 32 };

struct digest {
    uint8_t at[DIGEST_LEN];
};

struct digest digest_of(const struct bytes *parts,
                        unsigned parts_len);   /* lengths are mixed in, so parts cannot shift */
struct digest digest_plain(struct bytes data); /* what sha256sum prints */
/* HMAC-SHA256 of the parts one behind the other. */
struct digest digest_hmac(struct bytes key, const struct bytes *parts, unsigned parts_len);
void digest_hex(struct digest digest, char ret_text[DIGEST_LEN * 2 + 1]);
/* The same back, of either case; false: it is not one. */
bool digest_read(struct bytes hex, struct digest *ret_digest);
/* Takes the same time wherever they differ. */
bool bytes_equal_constant_time(struct bytes a, struct bytes b);
