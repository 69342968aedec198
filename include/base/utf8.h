/* UTF-8: validity as the standard says (no overlong forms, no surrogates, nothing above U+10FFFF).
 */
#pragma once

#include "base/bytes.h"

bool utf8_is_valid(struct bytes text);
/* Length in bytes of the valid sequence at the start, 0 if there is none. */
size_t utf8_sequence(struct bytes text);
