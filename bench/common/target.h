/* Target: the server under test, given as "A.B.C.D:PORT". */
#pragma once

#include <netinet/in.h>

/* Dies when it is not written so. */
struct sockaddr_in target_read(const char *target);
