/* Filter stage: a filter and headers from their texts, for tests. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json_scan.h"
#include "domain/filter.h"

struct filter_verdict verdict_of(const char *filters, const char *headers);
/* The pointer to what is wrong; "" when it is taken. Good until the next call. */
const char *pointer_of(const char *filters);

#define assert_match(filters, headers)    assert_verdict(filters, headers, true, false)
#define assert_no_match(filters, headers) assert_verdict(filters, headers, false, false)
#define assert_trouble(filters, headers)  assert_verdict(filters, headers, false, true)
void assert_verdict(const char *filters, const char *headers, bool matches, bool trouble);
struct json_value json_of(struct arena *arena, const char *text);
