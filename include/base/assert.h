/* Assert: programmer errors stop the program, in release builds too; the store makes a crash safe.
 */
#pragma once

#include "base/compiler.h"

/* Prints the expression and where it stands on stderr, then aborts. */
NORETURN void assert_failed(const char *expression, const char *file, int line);

#define ASSERT(expression) ((expression) ? (void)0 : assert_failed(#expression, __FILE__, __LINE__))
