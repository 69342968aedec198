/* Listen: which addresses may be served; loopback only, as long as there are no access tokens. */
#pragma once

#include "base/error.h"

/* address: ADDR:PORT or [ADDR]:PORT. */
MUST_CHECK enum err listen_check(const char *address, struct error *error);
