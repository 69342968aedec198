/* Limit codec: a limit's settings, and its name in the path. */
#pragma once

#include "call.h"

/* A name, or a rule: one "*" at its end. is_new: it is to be made. */
MUST_CHECK enum err limit_name_read(struct call *call, bool is_new, struct bytes *ret_name);
/* What is not said goes back to its default. */
MUST_CHECK enum err limit_settings_read(struct call *call, struct limit_settings *ret_settings);
