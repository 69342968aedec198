/* Loading: what the rows say goes into memory at start. */
#pragma once

#include "brain.h"

void load_all(struct engine *engine);
