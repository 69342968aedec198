/* Policy: which endpoints may be called, as it is set. */
#pragma once

#include "broker.h"

/* When it is known where the broker listens. What is set was checked before. */
void policy_read(struct broker *broker);
void policy_free(struct push_policy *policy);
