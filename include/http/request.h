/* Request: one HTTP request from its head to its answer. Loop thread only, but for
 * request_is_alive(). A handler runs once the head and (unless the route streams) the whole body
 * are there. It either answers at once or parks the request; whoever holds a parked request answers
 * it exactly once. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

struct request;

/* What a handler may ask. All strings live as long as the request. */
struct arena *request_arena(struct request *request);
struct bytes request_method(const struct request *request);
struct bytes request_path(const struct request *request);
/* The value of a {name} of the route's template, percent-decoded; "" if there is none. */
struct bytes request_param(const struct request *request, const char *name);
/* The namespace of /v1/ns/{ns}/…, "default" without. */
struct bytes request_ns(const struct request *request);
/* A query parameter, percent-decoded; NONE when absent, "" for "?a" and "?a=". A repeated one was
 * refused before. */
struct bytes request_query(const struct request *request, const char *name);
/* The nth query parameter, for handlers that check all; false past the end. */
bool request_query_at(const struct request *request, unsigned nth, struct bytes *ret_name,
                      struct bytes *ret_value);
struct bytes request_raw_query(const struct request *request);
/* A header by its lower-case name, NONE when absent. */
struct bytes request_header(const struct request *request, const char *lower_name);
struct bytes request_body(const struct request *request);
/* Give the collected body's memory back before the answer; it counts against bodies_bytes_max until
 * then. */
void request_forget_body(struct request *request);
/* The answer's Request-Id. */
struct bytes request_id_text(const struct request *request);
void *request_server_ctx(const struct request *request); /* what http_server_options.ctx gave */
/* The client's address as text, the nearest that is no trusted proxy; lives as long as the request.
 */
struct bytes request_address(const struct request *request);
/* Was the namespace named by the path? */
bool request_names_ns(const struct request *request);
/* Is the route one that is served when others are refused for want of room? */
bool request_is_urgent(const struct request *request);
/* For admission: the namespace of a path that names none, and who asks (any pointer, borrowed until
 * the request ends: then release, which may be NULL, is told, after the state was released). */
void request_set_ns(struct request *request, struct bytes ns);
void request_set_caller(struct request *request, const void *caller,
                        void (*release)(const void *caller));
const void *request_caller(const struct request *request);

/* An answer is built up, then sent. Headers and body are copied or moved as said. */
void request_add_header(struct request *request, const char *name, struct bytes value); /* copied */
/* body is moved in (emptied). content_type NULL: no body. Works on a parked request too (resumes
 * it). */
void request_answer(struct request *request, int status, const char *content_type,
                    struct buffer *body);
/* application/problem+json with title, status, code, detail,
 * errors[{pointer|parameter|header,detail}], request_id; Retry-After: 1 on 429 and 503 unless a
 * header was added. */
void request_refuse(struct request *request, const struct error *error);
/* The same with extra members: raw JSON members text without braces, e.g. "\"task_id\":\"…\"". */
void request_refuse_with(struct request *request, const struct error *error,
                         struct bytes extra_members);

/* Park: nothing more happens on the connection until the answer. False (and a 503 was answered)
 * when too many are parked; then the handler must not touch the request again. Those that asked to
 * wait are bound by parked_max, those at work by working_max; urgent routes have
 * parked_urgent_extra beyond both. */
MUST_CHECK bool request_park(struct request *request, bool waits);
/* Any thread, only while parked or held: is the client still there? Asks the kernel for the peer's
 * end. */
bool request_is_alive(const struct request *request);

/* Streamed bodies: route->stream is called for each piece instead of collecting a body, then with
 * last = true once. It consumes all of piece. It may call request_hold() to stop the reading until
 * request_go_on(); then further pieces wait in the client's socket. When the client goes away
 * before the end, or sends more than body_max, it is called with cut = true, once, as the last
 * call. After an early answer it is not called again. At last = true it must answer or park. */
struct request_piece {
    struct bytes data;
    bool last;
    bool cut;
};
void request_hold(struct request *request);
void request_go_on(struct request *request);
/* A per-request pointer of the handler's, freed by release (may be NULL) when the request ends. */
void request_set_state(struct request *request, void *state, void (*release)(void *state));
void *request_state(const struct request *request);
/* An answer whose body grows: bytes are asked for when the client can take some, so whoever reads
 * slowly keeps nothing waiting but its own place. */
struct request_flow {
    /* Loop thread: put up to max bytes at `at` and say how many. 0: nothing now, ask again after
     * request_flow_on(). FLOW_END: that was all. is_quiet: the client has been sent nothing for
     * quiet_ms. Must not call request_flow_on() itself. */
    size_t (*pull)(struct request *request, char *at, size_t max, bool is_quiet);
    void (*dropped)(struct request *request); /* its client takes nothing; NULL: nobody is told */
    int64_t quiet_ms;                         /* then somebody who has gone is found, too */
};
#define FLOW_END SIZE_MAX
/* Works on a parked request, too. False (and a 503 was answered): too many flow already; then the
 * handler must not touch the request again. HEAD is answered without a pull, and true. When the
 * client goes, or takes nothing for a minute, the request ends and its state is released. Once the
 * server closes, a pull that has nothing now was the last. */
bool request_answer_flow(struct request *request, int status, const char *content_type,
                         const struct request_flow *flow);
/* There may be something to pull. Fine for any request. */
void request_flow_on(struct request *request);
/* Answer with a body that comes from a file descriptor (owned after the call), size bytes from its
 * start. */
void request_answer_file(struct request *request, int status, const char *content_type, int fd,
                         uint64_t size);
