/* File: the content of a file or of stdin, for commands that send it. */
#pragma once

#include "base/arena.h"

/* "-" is stdin. False: the message was printed. */
bool file_read(const char *name, struct arena *arena, struct bytes *ret_content);
