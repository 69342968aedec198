/* Reload: the token file and the TLS files are read again while the broker runs. */
#pragma once

#include "broker.h"

/* What cannot be read stays as it was, and that is logged. */
void reload(struct broker *broker);
