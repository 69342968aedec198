/* Cursor: version, number, and a check over both and the list; base64url makes it one word. */
#include "cursor.h"

#include <string.h>

#include "base/base64.h"

enum { CURSOR_VERSION = 1, NUMBER_LEN = 8, CHECK_LEN = 12, CURSOR_LEN = 1 + NUMBER_LEN + CHECK_LEN };

static void fill(const struct digest *list, uint64_t number, uint8_t ret_raw[CURSOR_LEN])
{
    ret_raw[0] = CURSOR_VERSION;
    for (unsigned i = 0; i < NUMBER_LEN; i++)
        ret_raw[1 + i] = (uint8_t)(number >> (8 * (NUMBER_LEN - 1 - i)));

    struct bytes parts[] = {
        {(const char *)list->at, sizeof(list->at)},
        {(const char *)ret_raw, 1 + NUMBER_LEN},
    };
    struct digest check = digest_of(parts, 2);

    memcpy(ret_raw + 1 + NUMBER_LEN, check.at, CHECK_LEN);
}

struct bytes cursor_write(const struct digest *list, int64_t last_number, struct arena *arena)
{
    uint8_t raw[CURSOR_LEN];

    fill(list, (uint64_t)last_number, raw);
    return base64url_make((struct bytes){(const char *)raw, sizeof(raw)}, arena);
}

bool cursor_read(struct bytes text, const struct digest *list, struct arena *arena,
                 int64_t *ret_last_number)
{
    uint8_t wanted[CURSOR_LEN];
    struct bytes raw;
    uint64_t number = 0;

    if (text.len > 2 * (size_t)CURSOR_LEN || !base64url_read(text, arena, &raw) ||
        raw.len != CURSOR_LEN)
        return false;
    for (unsigned i = 0; i < NUMBER_LEN; i++)
        number = number << 8 | (uint8_t)raw.at[1 + i];
    fill(list, number, wanted);
    if (number > INT64_MAX || memcmp(wanted, raw.at, CURSOR_LEN) != 0)
        return false;
    *ret_last_number = (int64_t)number;
    return true;
}
