/* Push codec: an address to call, and the secret that calls are signed with. */
#pragma once

#include "codec.h"

field_read_fn field_push_url;    /* struct bytes: as domain/push_url.h has it, by the policy */
field_read_fn field_push_secret; /* struct signature_key; a refusal names nothing of it */
