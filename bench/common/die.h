/* The way a benchmark tool gives up: one line on stderr, exit code 1. */
#pragma once

__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);
