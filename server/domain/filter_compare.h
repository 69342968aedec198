/* Filter compare: values as Python compares what it reads from JSON. */
#pragma once

#include "filter_work.h"

/* UNORDERED: Python would refuse to compare them. */
enum filter_order { FILTER_LESS, FILTER_SAME, FILTER_MORE, FILTER_UNORDERED };

/* true is 1, 1.0 is 1, numbers are compared exactly; what is missing equals nothing. */
bool filter_equal(const struct json_value *a, const struct json_value *b, struct filter_work *work);
enum filter_order filter_order(const struct json_value *a, const struct json_value *b,
                               struct filter_work *work);
/* The same, but a wanted text also equals a number, a boolean or null that Python writes so. */
bool filter_equal_text(const struct json_value *wanted, const struct json_value *value,
                       struct filter_work *work);
bool filter_is_number(const struct json_value *value);
