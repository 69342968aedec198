/* Listen: an address to serve on, and whether only this machine reaches it. */
#pragma once

#include "base/error.h"

#include <stdbool.h>

/* address: ADDR:PORT or [ADDR]:PORT; key: of the setting, for the error. */
MUST_CHECK enum err listen_read(const char *key, const char *address, bool *ret_is_loopback,
                                struct error *error);
