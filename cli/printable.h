/* Printable: text from outside made safe for a terminal: control characters and broken UTF-8 cannot
 * get through. */
#pragma once

#include "base/arena.h"

struct bytes printable(struct bytes text, struct arena *arena);
/* Columns that it takes up, one for each code point. */
size_t printable_width(struct bytes text);
/* The longest beginning that fits the columns. */
struct bytes printable_cut(struct bytes text, size_t width);
