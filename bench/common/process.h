/* Process: the CPU time of another process, so that a result can say who was the bottleneck. */
#pragma once

#include <stdint.h>

/* User and system time of all its threads in nanoseconds; 0 when there is no such process. */
int64_t process_cpu_ns(int64_t pid);
