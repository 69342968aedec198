/* Fuzz: secrets and signature headers; a secret that is taken comes back as it was, what it signs
 * is taken, and what was found by chance is not. */
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "domain/signature.h"

enum { NOW_S = 1614265330 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_key(struct bytes text, struct arena *arena)
{
    struct signature_key key, again;
    struct bytes signature;

    if (signature_key_read(text, &key, NULL) != OK)
        return;
    ASSERT(key.len >= SIGNATURE_KEY_MIN && key.len <= SIGNATURE_KEY_MAX);
    ASSERT(signature_key_read(signature_key_write(&key, arena), &again, NULL) == OK);
    ASSERT(bytes_equal((struct bytes){(const char *)key.at, key.len},
                       (struct bytes){(const char *)again.at, again.len}));
    signature = signature_write(&key, 1, BYTES("id"), NOW_S, text, arena);
    ASSERT(signature_refusal(&key, BYTES("id"), BYTES("1614265330"), text, signature, NOW_S) ==
           NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct signature_key key = {.at = "nobody guesses these bytes", .len = 26};
    struct bytes text = {(const char *)data, len};
    struct arena *arena = arena_new();

    check_key(text, arena);
    ASSERT(signature_refusal(&key, BYTES("id"), BYTES("1614265330"), BYTES("body"), text, NOW_S) !=
           NULL);
    (void)signature_refusal(&key, BYTES("id"), text, BYTES("body"), BYTES("v1,"), NOW_S);
    arena_free(arena);
    return 0;
}
