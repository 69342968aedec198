/* Forwarded: whom a request comes from, seen through the proxies that are trusted. */
#pragma once

#include "base/network.h"
#include "query.h"

/* The nearest address that is no trusted proxy: the peer's, or what trusted proxies wrote into
 * X-Forwarded-For, read from its end. What cannot be read ends the search at the last good one. */
struct network_address forwarded_address(const struct network_address *peer,
                                         const struct networks *trusted,
                                         const struct fields *headers);
