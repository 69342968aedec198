/* Filter condition: one thing that is asked of a value, made of others where it joins them. */
#pragma once

#include "filter_path.h"
#include "filter_regex.h"

enum filter_op {
    FILTER_OP_AND, /* all parts, of the same value; an object in a filter */
    FILTER_OP_OR,
    FILTER_OP_NOR,
    FILTER_OP_NOT,
    FILTER_OP_FIELD, /* the part, of what path leads to */
    FILTER_OP_PLAIN, /* equal to it, or an array that holds it */
    FILTER_OP_GLOB,
    FILTER_OP_EQ,
    FILTER_OP_NE,
    FILTER_OP_GT,
    FILTER_OP_GTE,
    FILTER_OP_LT,
    FILTER_OP_LTE,
    FILTER_OP_IN,
    FILTER_OP_NIN,
    FILTER_OP_ALL,
    FILTER_OP_ELEM_MATCH,
    FILTER_OP_SIZE,
    FILTER_OP_TYPE,
    FILTER_OP_MOD,
    FILTER_OP_REGEX,
    FILTER_OP_EXISTS,
    FILTER_OPS_LEN,
};

struct filter_condition {
    enum filter_op op;
    unsigned parts_len;
    const struct filter_condition *parts; /* of AND OR NOR NOT FIELD ALL ELEM_MATCH */
    struct bytes path;                    /* of FIELD */
    struct json_value value;              /* of the others; a pattern's text of GLOB */
    const struct filter_regex *regex;
    unsigned kinds; /* of TYPE: bits 1 << enum json_kind */
};

bool filter_holds(const struct filter_condition *condition, const struct filter_found *subject,
                  struct filter_work *work);
