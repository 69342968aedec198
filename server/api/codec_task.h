/* Task codec: what a submit asks for, from a JSON object or from query parameters. */
#pragma once

#include "codec.h"
#include "domain/task.h"

struct query_pair {
    struct bytes name, value;
};

/* One task of a body: value is the object at spot. is_line: of a stream, where idempotency_key is a
 * member. */
MUST_CHECK enum err task_spec_read(struct codec *codec, const struct spot *spot, json_t *value,
                                   bool is_line, struct task_spec *ret_spec);
/* The options of a raw submit; the payload and queue are not among them. */
MUST_CHECK enum err task_spec_read_query(const struct codec *plain, const struct query_pair *pairs,
                                         size_t pairs_len, struct task_spec *ret_spec);

/* Shared with other bodies. */
field_read_fn field_tags;     /* struct bytes: a newline behind each */
field_read_fn field_priority; /* int32_t: a number, or high, normal, low */
field_read_fn field_retry;    /* struct retry_policy */
