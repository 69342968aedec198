/* Claims: handing ready tasks to workers, at once or when something becomes ready for a parked claim. */
#pragma once

#include "mover.h"

/* Before COMMIT: match what became ready or free in this batch with parked claims. */
void claims_dispatch(struct batch *batch);
/* The wait's time is over, or the broker drains: answer with what there is. */
void claim_end(struct batch *batch, struct parked *parked);
