/* Long JSON: texts that are too long or too deep to write down. */
#pragma once

#include "base/buffer.h"

/* head, then part many times, then tail. */
struct buffer repeated(const char *head, const char *part, size_t times, const char *tail);
/* 1 within depth pairs of open and close. */
struct buffer nested(size_t depth, const char *open, const char *close);
