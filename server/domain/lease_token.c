/* Lease token: task number, delivery and nonce, big-endian, in URL-safe base64. */
#include "domain/lease_token.h"

#include <string.h>

#include "base/base64.h"

enum { NUMBER_LEN = 8, DELIVERY_LEN = 4, TOKEN_LEN = NUMBER_LEN + DELIVERY_LEN + LEASE_NONCE_LEN };

static void put_number(unsigned char *at, uint64_t number, unsigned len)
{
    for (unsigned i = len; i > 0; i--) {
        at[i - 1] = (unsigned char)(number & 0xff);
        number >>= 8;
    }
}

static uint64_t get_number(const unsigned char *at, unsigned len)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < len; i++)
        number = number << 8 | at[i];
    return number;
}

struct bytes lease_token_write(const struct lease_token *token, struct arena *arena)
{
    unsigned char raw[TOKEN_LEN];

    put_number(raw, (uint64_t)token->task, NUMBER_LEN);
    put_number(raw + NUMBER_LEN, (uint64_t)token->delivery, DELIVERY_LEN);
    memcpy(raw + NUMBER_LEN + DELIVERY_LEN, token->nonce, LEASE_NONCE_LEN);
    return base64url_make((struct bytes){(const char *)raw, sizeof(raw)}, arena);
}

/* 28 bytes in base64 without padding. */
enum { TOKEN_TEXT_LEN = 38 };

bool lease_token_read(struct bytes text, struct arena *arena, struct lease_token *ret_token)
{
    struct bytes raw = BYTES_NONE;

    if (text.len != TOKEN_TEXT_LEN || !base64url_read(text, arena, &raw) || raw.len != TOKEN_LEN)
        return false;

    const unsigned char *at = (const unsigned char *)raw.at;
    uint64_t task = get_number(at, NUMBER_LEN);
    uint64_t delivery = get_number(at + NUMBER_LEN, DELIVERY_LEN);

    if (task > INT64_MAX || delivery > INT32_MAX)
        return false;
    ret_token->task = (int64_t)task;
    ret_token->delivery = (int32_t)delivery;
    memcpy(ret_token->nonce, at + NUMBER_LEN + DELIVERY_LEN, LEASE_NONCE_LEN);
    return true;
}
