/* Tokens: those of the file and of the store come into the keyring, and without any nobody but this
 * machine's users is served. */
#pragma once

#include "broker.h"

/* How the tokens of the file have changed. */
struct tokens_change {
    size_t len, added, dropped, kept;
};

/* Those of the file, if one is named; the ones that were in it before are dropped. Not OK: all is
 * as it was. */
MUST_CHECK enum err tokens_read_file(struct broker *broker, struct tokens_change *ret_change,
                                     struct error *error);
/* Those of the open store, before it is started. */
void tokens_load_store(struct broker *broker);
/* May the addresses be served with the tokens that are there? Said before the store is open, a
 * store that is there counts as a token. */
MUST_CHECK enum err tokens_check(const struct broker *broker, struct error *error);
/* Everybody who reaches the broker may do everything, and not only this machine's users do. */
bool tokens_are_missing(const struct broker *broker);
