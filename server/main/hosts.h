/* Hosts: names that a Host header may have, as they are set. */
#pragma once

#include "base/error.h"

/* NAME, NAME:PORT, [V6] or [V6]:PORT, joined by commas; key: of the setting, for the error. */
MUST_CHECK enum err hosts_check(const char *key, const char *hosts, struct error *error);
