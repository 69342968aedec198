/* Minute: what is said and noted again and again while the broker runs. */
#pragma once

#include "broker.h"

/* False: the loop cannot. */
MUST_CHECK bool minute_start(struct broker *broker);
/* Says at once, if so, that everybody may do everything. */
void minute_warn(const struct broker *broker);
