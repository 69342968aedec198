/* Reload: the token file and the TLS files are read again while the broker runs. */
#pragma once

#include "broker.h"

/* Each file for itself; what cannot be read stays as it was. All of it is logged and put on record.
 */
void reload(struct broker *broker);
/* Notes how old the TLS files are that were read just now. */
void reload_remember(struct broker *broker);
