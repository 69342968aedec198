/* Claims: handing ready tasks to workers, at once or when something becomes ready for a parked
 * claim. */
#pragma once

#include "mover.h"

/* Before COMMIT: match what became ready or free in this batch with parked claims. */
void claims_dispatch(struct batch *batch);
