/* Cursor: version, a check over the list and the place, then the place under a stream that the
 * check begins (a synthetic initial value, as in RFC 5297); base64url makes it one word. */
#include "cursor.h"

#include <string.h>

#include "base/assert.h"
#include "base/base64.h"
#include "base/compiler.h"

enum { CURSOR_VERSION = 2, CHECK_LEN = 12, PLACE_AT = 1 + CHECK_LEN, TEXT_MAX = 512 };

static void write_check(const struct digest *list, struct bytes place, uint8_t ret_check[CHECK_LEN])
{
    struct bytes parts[] = {{(const char *)list->at, sizeof(list->at)}, place};
    struct digest check = digest_of(parts, 2);

    memcpy(ret_check, check.at, CHECK_LEN);
}

/* The same hides and shows. */
static void mask(const struct digest *list, const uint8_t check[CHECK_LEN], uint8_t *place,
                 size_t len)
{
    for (size_t at = 0; at < len; at += DIGEST_LEN) {
        uint8_t block = (uint8_t)(at / DIGEST_LEN);
        struct bytes parts[] = {{(const char *)list->at, sizeof(list->at)},
                                {(const char *)check, CHECK_LEN},
                                {(const char *)&block, sizeof(block)}};
        struct digest stream = digest_of(parts, ARRAY_LEN(parts));

        for (size_t i = 0; i < DIGEST_LEN && at + i < len; i++)
            place[at + i] ^= stream.at[i];
    }
}

struct bytes cursor_write(const struct digest *list, struct bytes place, struct arena *arena)
{
    uint8_t raw[PLACE_AT + CURSOR_PLACE_MAX] = {CURSOR_VERSION};

    ASSERT(place.len > 0 && place.len <= CURSOR_PLACE_MAX);
    write_check(list, place, raw + 1);
    memcpy(raw + PLACE_AT, place.at, place.len);
    mask(list, raw + 1, raw + PLACE_AT, place.len);
    return base64url_make((struct bytes){(const char *)raw, PLACE_AT + place.len}, arena);
}

bool cursor_read(struct bytes text, const struct digest *list, struct arena *arena,
                 struct bytes *ret_place)
{
    uint8_t check[CHECK_LEN];
    struct bytes raw;

    if (text.len > TEXT_MAX || !base64url_read(text, arena, &raw) || raw.len <= PLACE_AT ||
        raw.at[0] != CURSOR_VERSION)
        return false;

    struct bytes place = arena_bytes(arena, (struct bytes){raw.at + PLACE_AT, raw.len - PLACE_AT});

    mask(list, (const uint8_t *)raw.at + 1, (uint8_t *)(uintptr_t)place.at, place.len);
    write_check(list, place, check);
    if (memcmp(check, raw.at + 1, CHECK_LEN) != 0)
        return false;
    *ret_place = place;
    return true;
}
