/* Parse: strict numbers from text; the whole text must be the number. False when it is not or does
 * not fit. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

bool parse_int(struct bytes text, int64_t min, int64_t max, int64_t *ret_number);
/* "1.5" -> 1500; at most 3 digits behind the point count, more are cut; no sign, no exponent. */
bool parse_seconds(struct bytes text, int64_t max_ms, int64_t *ret_ms);
bool parse_bool(struct bytes text, bool *ret_value); /* 1 0 true false */
/* "64", "64k", "64KiB", "1MiB", "2GiB" -> bytes */
bool parse_size(struct bytes text, int64_t max, int64_t *ret_size);
/* "30", "1.5", "250ms", "10s", "5m", "2h", "7d" -> milliseconds */
bool parse_duration(struct bytes text, int64_t max_ms, int64_t *ret_ms);
int parse_hex_digit(char c);                              /* 0 to 15; -1: it is none */
bool parse_double(struct bytes text, double *ret_number); /* JSON number syntax, finite */
