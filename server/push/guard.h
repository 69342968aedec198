/* Guard: judges each address before a connection to it is made, when its name has been resolved. */
#pragma once

#include <curl/curl.h>

#include "domain/push_url.h"

/* Of one exchange. */
struct guard {
    const struct push_policy *policy;
    bool is_https;
    bool has_refused; /* at least one address */
};

void guard_set(CURL *easy, struct guard *guard);
