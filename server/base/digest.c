/* Digest: SHA-256 through GnuTLS, and comparing secrets without telling where they differ. */
#include "base/digest.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "base/assert.h"
#include "base/parse.h"

static void add(gnutls_hash_hd_t hash, const void *data, size_t len)
{
    if (len > 0)
        ASSERT(gnutls_hash(hash, data, len) == 0);
}

/* Eight bytes, most significant first; an absent part has a length that no present one has. */
static void add_len(gnutls_hash_hd_t hash, struct bytes part)
{
    uint64_t len = part.at != NULL ? (uint64_t)part.len : UINT64_MAX;
    uint8_t text[8];

    for (unsigned i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(len >> (56 - 8 * i));
    add(hash, text, sizeof(text));
}

struct digest digest_of(const struct bytes *parts, unsigned parts_len)
{
    gnutls_hash_hd_t hash;
    struct digest digest;

    ASSERT(gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) == 0);
    for (unsigned i = 0; i < parts_len; i++) {
        add_len(hash, parts[i]);
        add(hash, parts[i].at, parts[i].len);
    }
    gnutls_hash_deinit(hash, digest.at);
    return digest;
}

struct digest digest_plain(struct bytes data)
{
    struct digest digest;

    ASSERT(gnutls_hash_fast(GNUTLS_DIG_SHA256, data.at != NULL ? data.at : "", data.len,
                            digest.at) == 0);
    return digest;
}

struct digest digest_hmac(struct bytes key, const struct bytes *parts, unsigned parts_len)
{
    gnutls_hmac_hd_t hmac;
    struct digest digest;

    ASSERT(gnutls_hmac_init(&hmac, GNUTLS_MAC_SHA256, key.at, key.len) == 0);
    for (unsigned i = 0; i < parts_len; i++)
        if (parts[i].len > 0)
            ASSERT(gnutls_hmac(hmac, parts[i].at, parts[i].len) == 0);
    gnutls_hmac_deinit(hmac, digest.at);
    return digest;
}

void digest_hex(struct digest digest, char ret_text[DIGEST_LEN * 2 + 1])
{
    static const char DIGITS[] = "0123456789abcdef";

    for (unsigned i = 0; i < DIGEST_LEN; i++) {
        ret_text[2 * i] = DIGITS[digest.at[i] >> 4];
        ret_text[2 * i + 1] = DIGITS[digest.at[i] & 15];
    }
    ret_text[2 * DIGEST_LEN] = '\0';
}

bool digest_read(struct bytes hex, struct digest *ret_digest)
{
    if (hex.len != DIGEST_LEN * 2)
        return false;
    for (unsigned i = 0; i < DIGEST_LEN; i++) {
        int high = parse_hex_digit(hex.at[2 * i]), low = parse_hex_digit(hex.at[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        ret_digest->at[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool bytes_equal_constant_time(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || gnutls_memcmp(a.at, b.at, a.len) == 0);
}
