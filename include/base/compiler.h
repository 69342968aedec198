/* Compiler: the few language helpers that every layer may use. */
#pragma once

#include <stddef.h>

#define MUST_CHECK                      __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, args)         __attribute__((format(printf, text, args)))
#define NORETURN                        __attribute__((noreturn))
#define ARRAY_LEN(array)                (sizeof(array) / sizeof((array)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
