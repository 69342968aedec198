/* Query: paths and query strings for the broker, everything from outside percent-encoded. */
#pragma once

#include "base/buffer.h"

struct query {
    struct buffer text;
    bool has_parameter;
};

/* path is a literal that begins with "/v1"; segments and parameters follow. */
void query_init(struct query *query, const char *path);
void query_fini(struct query *query);
void query_segment(struct query *query, const char *segment); /* "/" and the encoded text */
void query_literal(struct query *query, const char *text);
void query_parameter(struct query *query, const char *name, struct bytes value);
/* Nothing happens for NULL. */
void query_parameter_text(struct query *query, const char *name, const char *value);
/* NUL-terminated; lives as long as the query is not changed. */
const char *query_text(struct query *query);
