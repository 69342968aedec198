/* Signature: keys as people write them, and the headers of Standard Webhooks made and checked. */
#include "domain/signature.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/parse.h"

#include <string.h>

enum { MADE_LEN = 32, MAC_TEXT_LEN = (DIGEST_LEN + 2) / 3 * 4 };

static const char PREFIX[] = "whsec_";

void signature_key_make(struct random_source *random, struct signature_key *ret_key)
{
    *ret_key = (struct signature_key){.len = MADE_LEN};
    random->fill(random->ctx, ret_key->at, MADE_LEN);
}

static struct bytes bytes_of_key(const struct signature_key *key)
{
    return (struct bytes){(const char *)key->at, key->len};
}

bool signature_key_equal(const struct signature_key *a, const struct signature_key *b)
{
    return bytes_equal_constant_time(bytes_of_key(a), bytes_of_key(b));
}

enum err signature_key_read(struct bytes text, struct signature_key *ret_key, struct error *error)
{
    struct arena *arena = arena_new();
    struct bytes key = BYTES_NONE;
    bool is_key;

    *ret_key = (struct signature_key){.len = 0};
    if (bytes_starts(text, PREFIX))
        text = (struct bytes){text.at + sizeof(PREFIX) - 1, text.len - (sizeof(PREFIX) - 1)};
    is_key = text.len <= base64_len(SIGNATURE_KEY_MAX) && base64_read(text, arena, &key) &&
             key.len >= SIGNATURE_KEY_MIN && key.len <= SIGNATURE_KEY_MAX;
    if (is_key) {
        memcpy(ret_key->at, key.at, key.len);
        ret_key->len = (unsigned)key.len;
    }
    arena_free(arena);
    return is_key ? OK
                  : error_set(error, ERR_INVALID_FIELD, "",
                              "a secret is whsec_ and the base64, with its padding, of %d to %d "
                              "bytes",
                              SIGNATURE_KEY_MIN, SIGNATURE_KEY_MAX);
}

struct bytes signature_key_write(const struct signature_key *key, struct arena *arena)
{
    size_t len = sizeof(PREFIX) - 1 + base64_len(key->len);
    char *text = arena_alloc(arena, len + 1);

    memcpy(text, PREFIX, sizeof(PREFIX) - 1);
    base64_write(text + sizeof(PREFIX) - 1, bytes_of_key(key));
    return (struct bytes){text, len};
}

static void write_mac(const struct signature_key *key, struct bytes id, struct bytes at,
                      struct bytes body, char ret_text[MAC_TEXT_LEN])
{
    const struct bytes parts[] = {id, BYTES("."), at, BYTES("."), body};
    struct digest mac = digest_hmac(bytes_of_key(key), parts, (unsigned)ARRAY_LEN(parts));

    base64_write(ret_text, (struct bytes){(const char *)mac.at, DIGEST_LEN});
}

struct bytes signature_write(const struct signature_key *keys, unsigned keys_len, struct bytes id,
                             int64_t at_s, struct bytes body, struct arena *arena)
{
    struct bytes at = arena_printf(arena, "%lld", (long long)at_s);
    char *text = arena_alloc(arena, (size_t)keys_len * (MAC_TEXT_LEN + 4) + 1);
    size_t len = 0;

    for (unsigned i = 0; i < keys_len; i++) {
        if (keys[i].len == 0)
            continue;
        if (len > 0)
            text[len++] = ' ';
        memcpy(text + len, "v1,", 3);
        write_mac(&keys[i], id, at, body, text + len + 3);
        len += 3 + MAC_TEXT_LEN;
    }
    return (struct bytes){text, len};
}

const char *signature_refusal(const struct signature_key *key, struct bytes id, struct bytes at,
                              struct bytes body, struct bytes signatures, int64_t now_s)
{
    char mac[MAC_TEXT_LEN];
    struct bytes one;
    int64_t at_s;

    if (id.len == 0)
        return "webhook-id is missing";
    if (!parse_int(at, 0, INT64_MAX, &at_s))
        return "webhook-timestamp is not a number of seconds";
    if (at_s < now_s - SIGNATURE_TOLERANCE_S)
        return "webhook-timestamp is too old";
    if (at_s > now_s + SIGNATURE_TOLERANCE_S)
        return "webhook-timestamp is in the future";
    write_mac(key, id, at, body, mac);
    while (bytes_split(&signatures, ' ', &one))
        if (bytes_starts(one, "v1,") &&
            bytes_equal_constant_time((struct bytes){one.at + 3, one.len - 3},
                                      (struct bytes){mac, sizeof(mac)}))
            return NULL;
    return "no signature of webhook-signature fits the secret and the body";
}
