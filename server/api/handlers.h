/* Handlers: one for each operation of the contract, declared from its generated route table. */
#pragma once

#include "http/request.h"

#define ROUTE(operation, method, path, scope, body, body_max, bound, urgency)                      \
    void op_##operation(struct request *request);
#include "routes.gen.inc"
#undef ROUTE

/* The pieces of the only streamed body. */
void op_submit_batch_stream(struct request *request, const struct request_piece *piece);
