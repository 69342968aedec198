/* Beside: where the broker of this container or machine answers, by the broker's own settings. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>

/* From SLUICE_HEALTH_LISTEN, else SLUICE_LISTEN (https with SLUICE_TLS_CERT), else the default. An
 * address that stands for all of them is asked on loopback. */
const char *beside_url(struct arena *arena);
/* Does that address ask clients for a certificate? */
bool beside_wants_certificate(void);
