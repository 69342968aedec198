/* Hook key: the secret that commands about webhooks sign and check with. */
#pragma once

#include "options.h"

#include "domain/signature.h"

#define HOOK_KEY_OPTION                                                                            \
    {                                                                                              \
        .name = "secret-file", .kind = OPTION_TEXT, .value = "FILE",                               \
        .help = "The secret, whsec_... and nothing else."                                          \
    }

/* What HOOK_KEY_OPTION names. False: the message was printed; it was not given, or is no secret. */
bool hook_key_read(const struct options *options, struct signature_key *ret_key);
