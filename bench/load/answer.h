/* Answer: one HTTP/1.1 response as the load generator needs it: status, length, body. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct answer {
    int status;
    const char *body; /* borrowed from the connection's buffer for the length of a call */
    size_t body_bytes;
    int64_t sent_ns; /* when the first byte of the request went out */
    int64_t read_ns; /* when the last byte of the answer was read */
};

/*
 * Parse what was read so far. Returns the bytes that the whole answer takes, 0 while its head is
 * incomplete; `answer` is good only when at least that many bytes are there. */
size_t answer_parse(const char *bytes, size_t n, struct answer *ret_answer);

/* The next `"name":"value"` in [from, end). Returns where the value ends, NULL when none is left.
 */
const char *answer_find_text(const char *from, const char *end, const char *name,
                             const char **ret_value, size_t *ret_bytes);

/* How often these exact bytes stand in the body. */
unsigned answer_count(const struct answer *answer, const char *needle);
