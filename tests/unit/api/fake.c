/* Fake: what the handlers call of http and engine, as plain memory. */
#include "fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "handlers.h"

static struct fake the_fake;
static struct fake_engine the_engine;

struct request *fake_begin(void)
{
    the_fake = (struct fake){
        .request = {.method = "GET", .path = "/", .ns = "default", .raw_query = ""},
        .api = {.data_dir = "/tmp",
                .heartbeat_ms = 5000,
                .worker_ttl_ms = 15000,
                .bounds = bounds_default()},
    };
    the_engine = (struct fake_engine){.posted_len = 0};
    the_fake.request.arena = arena_new();
    return &the_fake.request;
}

struct api *fake_api(void)
{
    return &the_fake.api;
}

void fake_end(void)
{
    struct request *request = &the_fake.request;

    if (request->release != NULL)
        request->release(request->state);
    request_set_caller(request, NULL, NULL);
    arena_free(request->arena);
}

struct fake_engine *fake_engine(void)
{
    return &the_engine;
}

struct command *fake_command(void)
{
    return the_engine.posted[the_engine.posted_len - 1];
}

void fake_reply(void)
{
    struct command *command = fake_command();

    command->caller.done(command);
}

void fake_piece(const char *text, bool last)
{
    struct request_piece piece = {.data = bytes_of(text), .last = last};

    op_submit_batch_stream(&the_fake.request, &piece);
}

bool fake_answered_with(int status, const char *part)
{
    const struct request *request = &the_fake.request;

    return request->answers == 1 && request->status == status &&
           strstr(request->text, part) != NULL;
}

bool fake_has_header(const char *line)
{
    return strstr(the_fake.request.answer_headers, line) != NULL;
}

/* ---- engine ---- */

void engine_post(struct engine *engine, struct command *command)
{
    (void)engine;
    assert_non_null(command->by);
    the_engine.posted[the_engine.posted_len++] = command;
}

void engine_listen(struct engine *engine, bool is_on)
{
    (void)engine;
    the_engine.is_heard = is_on;
}

struct moment engine_time(const struct engine *engine)
{
    struct clock clock = the_engine.clock.now != NULL ? the_engine.clock : clock_system();

    (void)engine;
    return clock.now(clock.ctx);
}

/* ---- request ---- */

static struct bytes find(const struct fake_pair *pairs, const char *name, struct bytes absent)
{
    for (unsigned i = 0; i < FAKE_PAIRS_MAX && pairs[i].name != NULL; i++)
        if (bytes_is(bytes_of(pairs[i].name), name))
            return bytes_of(pairs[i].value);
    return absent;
}

struct arena *request_arena(struct request *request)
{
    return request->arena;
}

struct bytes request_method(const struct request *request)
{
    return bytes_of(request->method);
}

struct bytes request_path(const struct request *request)
{
    return bytes_of(request->path);
}

struct bytes request_param(const struct request *request, const char *name)
{
    return find(request->params, name, BYTES(""));
}

struct bytes request_ns(const struct request *request)
{
    return bytes_of(request->ns);
}

struct bytes request_query(const struct request *request, const char *name)
{
    return find(request->query, name, BYTES_NONE);
}

bool request_query_at(const struct request *request, unsigned nth, struct bytes *ret_name,
                      struct bytes *ret_value)
{
    if (nth >= FAKE_PAIRS_MAX || request->query[nth].name == NULL)
        return false;
    *ret_name = bytes_of(request->query[nth].name);
    *ret_value = bytes_of(request->query[nth].value);
    return true;
}

struct bytes request_raw_query(const struct request *request)
{
    return bytes_of(request->raw_query);
}

struct bytes request_header(const struct request *request, const char *lower_name)
{
    return find(request->headers, lower_name, BYTES_NONE);
}

struct bytes request_body(const struct request *request)
{
    return request->body;
}

struct bytes request_id_text(const struct request *request)
{
    (void)request;
    return BYTES("request-1");
}

void *request_server_ctx(const struct request *request)
{
    (void)request;
    return &the_fake.api;
}

bool request_is_alive(const struct request *request)
{
    (void)request;
    return true;
}

bool request_park(struct request *request, bool waits)
{
    struct error error;

    (void)waits;
    if (request->park_refused) {
        (void)error_set(&error, ERR_OVERLOADED, "", "too many");
        request_refuse(request, &error);
        return false;
    }
    request->is_parked = true;
    return true;
}

void request_hold(struct request *request)
{
    request->is_held = true;
}

void request_go_on(struct request *request)
{
    request->is_held = false;
}

void request_set_state(struct request *request, void *state, void (*release)(void *state))
{
    request->state = state;
    request->release = release;
}

void *request_state(const struct request *request)
{
    return request->state;
}

/* ---- answers ---- */

void request_add_header(struct request *request, const char *name, struct bytes value)
{
    size_t len = strlen(request->answer_headers);

    (void)snprintf(request->answer_headers + len, sizeof(request->answer_headers) - len,
                   "%s: %.*s\n", name, BYTES_ARG(value));
}

static void keep(struct request *request, int status, const char *type, struct bytes text)
{
    request->answers++;
    request->status = status;
    (void)snprintf(request->type, sizeof(request->type), "%s", type != NULL ? type : "");
    (void)snprintf(request->text, sizeof(request->text), "%.*s",
                   (int)(text.len < sizeof(request->text) ? text.len : sizeof(request->text)),
                   text.at != NULL ? text.at : "");
}

void request_answer(struct request *request, int status, const char *content_type,
                    struct buffer *body)
{
    keep(request, status, content_type, body != NULL ? buffer_bytes(body) : BYTES_NONE);
    if (body != NULL)
        buffer_fini(body);
}

bool request_answer_flow(struct request *request, int status, const char *content_type,
                         const struct request_flow *flow)
{
    keep(request, status, content_type, BYTES_NONE);
    request->flow = flow;
    return true;
}

void request_flow_on(struct request *request)
{
    request->woken++;
}

void request_answer_file(struct request *request, int status, const char *content_type, int fd,
                         uint64_t size)
{
    char text[1024] = "";
    off_t from = size > sizeof(text) - 1 ? (off_t)(size - (sizeof(text) - 1)) : 0;
    ssize_t len = pread(fd, text, sizeof(text) - 1, from);

    (void)close(fd);
    keep(request, status, content_type, (struct bytes){text, len > 0 ? (size_t)len : 0});
}

void request_refuse_with(struct request *request, const struct error *error,
                         struct bytes extra_members)
{
    char text[2048];
    int len = snprintf(text, sizeof(text), "%s|%s|%s|%.*s", err_code(error->code), error->where,
                       error->detail, BYTES_ARG(extra_members));

    keep(request, err_status(error->code), "application/problem+json",
         (struct bytes){text, (size_t)len});
}

void request_refuse(struct request *request, const struct error *error)
{
    request_refuse_with(request, error, BYTES_NONE);
}

struct bytes request_address(const struct request *request)
{
    return request->address != NULL ? bytes_of(request->address) : BYTES("192.0.2.1");
}

bool request_names_ns(const struct request *request)
{
    return !request->ns_is_implied;
}

bool request_is_urgent(const struct request *request)
{
    return request->is_urgent;
}

void request_set_ns(struct request *request, struct bytes ns)
{
    request->ns = arena_bytes(request->arena, ns).at;
}

void request_set_caller(struct request *request, const void *caller,
                        void (*release)(const void *caller))
{
    if (request->release_caller != NULL)
        request->release_caller(request->caller);
    request->caller = caller;
    request->release_caller = release;
}

const void *request_caller(const struct request *request)
{
    return request->caller;
}
