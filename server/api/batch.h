/* Batch: many tasks in one request, as an array. */
#pragma once

#include "call.h"

/* The whole body is an array: run it as a call. */
void batch_run_array(struct request *request, struct bytes body);
/* {"status":..., "id" or "problem":...}; more members may follow before the brace. */
void batch_write_item(struct json_out *out, const struct submit_item *item);
void batch_write_problem(struct json_out *out, const struct error *problem);
