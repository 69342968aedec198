/* Id: UUIDv7 (RFC 9562), strictly increasing within one generator even when the clock steps back.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/random.h"

struct id {
    uint8_t at[16];
};

enum { ID_TEXT_LEN = 36, ID_POOL_LEN = 480 };

struct id_source {
    struct random_source random;
    int64_t last_ms;
    uint32_t counter;   /* of ids within last_ms */
    uint32_t pool_left; /* random bytes not yet used: one call of the source serves many ids */
    uint8_t pool[ID_POOL_LEN];
};

void id_source_init(struct id_source *source, struct random_source random);
struct id id_next(struct id_source *source, int64_t wall_ms);
bool id_parse(struct bytes text, struct id *ret_id); /* upper or lower case */
void id_format(struct id id, char ret_text[ID_TEXT_LEN + 1]);
bool id_equal(struct id a, struct id b);
bool id_is_nil(struct id id);
