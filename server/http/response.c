/* Response: an answer in libmicrohttpd's form, with the headers that every answer carries. */
#include "response.h"

#include "base/assert.h"
#include "base/json_out.h"
#include "base/log.h"

#include "server_struct.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define HSTS "max-age=31536000"

enum { PROBLEM_MAX = 16 * 1024 };

static bool has_answer_header(const struct request *request, const char *name)
{
    for (unsigned i = 0; i < request->answer_headers_len; i++)
        if (strcasecmp(request->answer_headers[i].name.at, name) == 0)
            return true;
    return false;
}

void request_add_header(struct request *request, const char *name, struct bytes value)
{
    char *text = arena_string(request->arena, value);

    ASSERT(request->answer_headers_len < ARRAY_LEN(request->answer_headers));
    /* What users sent may come back in a header, but can never begin another one. */
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = '?';
    request->answer_headers[request->answer_headers_len++] = (struct field){
        .name = bytes_of(arena_string(request->arena, bytes_of(name))),
        .value = {text, value.len},
    };
}

static void add(struct MHD_Response *response, const char *name, const char *value)
{
    /* Refused only for line breaks, which were replaced, or for want of memory. */
    (void)MHD_add_response_header(response, name, value);
}

static void add_headers(struct request *request, struct MHD_Response *response,
                        const char *content_type)
{
    const struct http_server *server = request->connection->server;

    if (content_type != NULL)
        add(response, "Content-Type", content_type);
    add(response, "Request-Id", request->id_text.at);
    if (!has_answer_header(request, "Cache-Control"))
        add(response, "Cache-Control", "no-store");
    add(response, "X-Content-Type-Options", "nosniff");
    if (server->tls != NULL)
        add(response, "Strict-Transport-Security", HSTS);
    for (unsigned i = 0; i < request->answer_headers_len; i++)
        add(response, request->answer_headers[i].name.at, request->answer_headers[i].value.at);
    if (request->must_close || server->is_quiesced)
        add(response, "Connection", "close");
}

static void tell(const struct request *request, int status)
{
    const struct http_server_options *options = &request->connection->server->options;
    uint64_t took_ns = uv_hrtime() - request->started_ns;

    if (options->on_answered != NULL)
        options->on_answered(options->ctx, request->route, request->method_text, status,
                             (int64_t)(took_ns / 1000));
    log_event(LOG_DEBUG, "http.answered", "a request was answered",
              LOG_TEXT_FIELD("request_id", request_id_text(request)),
              LOG_TEXT_FIELD("method", request->method_text),
              LOG_TEXT_FIELD("path", request_path(request)), LOG_INT_FIELD("status", status),
              LOG_INT_FIELD("took_us", (int64_t)(took_ns / 1000)), );
}

static void queue(struct request *request, unsigned status, struct MHD_Response *response)
{
    bool was_parked = request->phase == REQUEST_PARKED;

    request->phase = REQUEST_ANSWERED;
    connection_enter(request->connection, CONNECTION_BUSY);
    /* A failure means that the connection is being closed; there is nobody to tell. */
    (void)MHD_queue_response(request->connection->mhd, status, response);
    MHD_destroy_response(response);
    if (was_parked)
        request_unpark(request);
    if (request->is_suspended) {
        request->is_suspended = false;
        MHD_resume_connection(request->connection->mhd);
    }
}

/* Before the end of the body libmicrohttpd could only answer and cut the connection at once, which
 * the client may see as a reset without an answer. */
static void keep_early(struct request *request, int status, const char *content_type,
                       struct bytes body)
{
    ASSERT(request->phase == REQUEST_HEAD || request->phase == REQUEST_BODY);
    ASSERT(request->early == NULL);
    request->early = arena_alloc(request->arena, sizeof(*request->early));
    *request->early = (struct early_answer){
        .status = status,
        .content_type = content_type,
        .body = arena_string(request->arena, body),
        .body_len = body.len,
    };
    tell(request, status);
    request_go_on(request);
    if (request->connection->phase == CONNECTION_RECEIVING)
        connection_enter(request->connection, CONNECTION_DRAINING);
}

static bool is_over(const struct request *request)
{
    return request->phase == REQUEST_RUNNING || request->phase == REQUEST_PARKED;
}

void response_send(struct request *request, int status, const char *content_type,
                   struct MHD_Response *response)
{
    ASSERT(is_over(request) && response != NULL);
    add_headers(request, response, content_type);
    tell(request, status);
    queue(request, (unsigned)status, response);
}

void response_send_early(struct request *request)
{
    const struct early_answer *early = request->early;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(early->body_len, early->body, MHD_RESPMEM_MUST_COPY);

    ASSERT(response != NULL);
    add_headers(request, response, early->content_type);
    request->early = NULL;
    queue(request, (unsigned)early->status, response);
}

void request_answer(struct request *request, int status, const char *content_type,
                    struct buffer *body)
{
    struct MHD_Response *response;
    size_t len = 0;
    char *text;

    ASSERT(body == NULL || !body->overflowed);
    if (!is_over(request)) {
        keep_early(request, status, content_type, body != NULL ? buffer_bytes(body) : BYTES(""));
        if (body != NULL)
            buffer_fini(body);
        return;
    }
    text = body != NULL ? buffer_take(body, &len) : NULL;
    if (len > 0) {
        response = MHD_create_response_from_buffer_with_free_callback(len, text, free);
    } else {
        free(text);
        response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    }
    response_send(request, status, content_type, response);
}

void request_answer_file(struct request *request, int status, const char *content_type, int fd,
                         uint64_t size)
{
    struct MHD_Response *response;

    if (size == 0) {
        (void)close(fd);
        response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    } else {
        response = MHD_create_response_from_fd64(size, fd);
    }
    response_send(request, status, content_type, response);
}

/* where says by its first character what it is: a pointer into the body, a query parameter or a
 * header. */
static void write_where(struct json_out *out, const struct error *error)
{
    if (error->where[0] == '\0')
        return;
    json_out_key(out, "errors");
    json_out_array(out);
    json_out_object(out);
    if (error->where[0] == '/')
        json_member_text(out, "pointer", bytes_of(error->where));
    else if (error->where[0] == '?')
        json_member_text(out, "parameter", bytes_of(error->where + 1));
    else
        json_member_text(out, "header", bytes_of(error->where));
    json_member_text(out, "detail", bytes_of(error->detail));
    json_out_object_end(out);
    json_out_array_end(out);
}

/* extra_members: JSON text without braces; NONE: none. */
static void write_problem(struct buffer *buffer, const struct error *error, struct bytes id_text,
                          struct bytes extra_members)
{
    struct json_out out;

    json_out_init(&out, buffer);
    json_out_object(&out);
    json_member_text(&out, "title", bytes_of(err_title(error->code)));
    json_member_int(&out, "status", err_status(error->code));
    json_member_text(&out, "code", bytes_of(err_code(error->code)));
    if (error->detail[0] != '\0')
        json_member_text(&out, "detail", bytes_of(error->detail));
    write_where(&out, error);
    json_member_text(&out, "request_id", id_text);
    if (extra_members.len > 0) {
        buffer_append_char(buffer, ',');
        buffer_append(buffer, extra_members);
    }
    json_out_object_end(&out);
}

void request_refuse_with(struct request *request, const struct error *error,
                         struct bytes extra_members)
{
    int status = err_status(error->code);
    struct buffer buffer;

    buffer_init(&buffer, PROBLEM_MAX + extra_members.len);
    write_problem(&buffer, error, request->id_text, extra_members);
    if ((status == 429 || status == 503) && !has_answer_header(request, "Retry-After"))
        request_add_header(request, "Retry-After", BYTES("1"));
    request_answer(request, status, "application/problem+json", &buffer);
    buffer_fini(&buffer);
}

void request_refuse(struct request *request, const struct error *error)
{
    request_refuse_with(request, error, BYTES_NONE);
}

/* What every answer by hand begins with. */
static void write_head(struct buffer *buffer, const struct http_server *server, int status,
                       struct bytes id_text)
{
    char date[64];
    struct tm tm;
    time_t now = time(NULL);

    (void)strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
    buffer_printf(buffer,
                  "HTTP/1.1 %d %s\r\nDate: %s\r\nConnection: close\r\nRequest-Id: %.*s\r\n"
                  "X-Content-Type-Options: nosniff\r\n%s",
                  status, MHD_get_reason_phrase_for((unsigned)status), date, BYTES_ARG(id_text),
                  server->tls != NULL ? "Strict-Transport-Security: " HSTS "\r\n" : "");
}

void response_write_raw(struct buffer *buffer, const struct http_server *server,
                        const struct error *error, struct bytes id_text)
{
    struct buffer problem;
    int status = err_status(error->code);

    buffer_init(&problem, PROBLEM_MAX);
    write_problem(&problem, error, id_text, BYTES_NONE);
    write_head(buffer, server, status, id_text);
    buffer_printf(buffer,
                  "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n"
                  "%sContent-Length: %zu\r\n\r\n",
                  status == 503 ? "Retry-After: 1\r\n" : "", problem.len);
    buffer_append(buffer, buffer_bytes(&problem));
    buffer_fini(&problem);
}

void response_write_early(struct buffer *buffer, const struct request *request)
{
    const struct early_answer *early = request->early;

    write_head(buffer, request->connection->server, early->status, request->id_text);
    if (early->content_type != NULL)
        buffer_printf(buffer, "Content-Type: %s\r\n", early->content_type);
    if (!has_answer_header(request, "Cache-Control"))
        buffer_append_text(buffer, "Cache-Control: no-store\r\n");
    for (unsigned i = 0; i < request->answer_headers_len; i++)
        buffer_printf(buffer, "%.*s: %.*s\r\n", BYTES_ARG(request->answer_headers[i].name),
                      BYTES_ARG(request->answer_headers[i].value));
    if (early->status != 204)
        buffer_printf(buffer, "Content-Length: %zu\r\n", early->body_len);
    buffer_append_text(buffer, "\r\n");
    if (request->method != METHOD_HEAD)
        buffer_append(buffer, (struct bytes){early->body, early->body_len});
}
