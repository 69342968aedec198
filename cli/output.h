/* Output: data on stdout, byte for byte. */
#pragma once

#include "base/bytes.h"

void output_bytes(struct bytes data);
/* With a line end behind it, unless it has one. */
void output_line(struct bytes data);
