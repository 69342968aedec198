/* Time text: RFC 3339 times, read strictly, written in UTC with milliseconds; no libc time zone is
 * used. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

enum { TIME_TEXT_LEN = 24 }; /* 2026-01-02T03:04:05.678Z */

void time_write(int64_t wall_ms, char ret_text[TIME_TEXT_LEN + 1]);
/* Years 1970-9999, any offset, up to nine digits of fraction (cut to ms); a leap second is refused.
 */
bool time_read(struct bytes text, int64_t *ret_wall_ms);
