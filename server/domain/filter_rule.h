/* Filter rule: what a filter's list holds, after reading. */
#pragma once

#include "filter_condition.h"

struct filter_rule {
    struct filter_condition wanted;  /* AND: the keys that must hold */
    struct filter_condition refused; /* OR: the keys behind a ! */
};

struct filter {
    const struct filter_rule *rules;
    unsigned rules_len;
};
