/* Warnings: what is served all the same although it should not be so. */
#pragma once

#include "broker.h"

/* Once it serves. */
void warnings_at_start(const struct broker *broker, unsigned connections_max);
/* Of tokens and keys: at the start, and whenever they were read again. */
void warnings_of_secrets(const struct broker *broker);
