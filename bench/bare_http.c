/*
 * The bare answerer: libmicrohttpd on a libuv loop, set up as the broker sets it up, that reads a
 * body and sends the same answer every time. Its rate is what a broker could at best reach. */
#include <microhttpd.h>
#include <uv.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/die.h"
#include "common/option.h"
#include "common/text.h"

#define CONNECTIONS_MAX      20000
#define CONNECTION_TIMEOUT_S 60
#define RUNS_MAX             4 /* of MHD_run before the loop gets its turn */
#define BODY_MAX             (4 * 1024 * 1024)

struct answerer {
    struct MHD_Daemon *daemon;
    struct MHD_Response *response; /* the one that everybody gets, unless each gets a new one */
    struct text sample;            /* a whole HTTP answer: status line, headers, blank line, body */
    const char *headers;           /* in the sample, behind the status line */
    const char *body;
    unsigned status;
    bool fresh; /* a new response object for each request, as answers that differ need */
    uv_poll_t poll;
    uv_timer_t wake;
    int64_t wake_at_ms; /* -1: no timer runs */
};

/* What the server keeps of a request: its body, whole. */
struct incoming {
    char *body;
    size_t length;
    size_t capacity;
};

static const char default_sample[] =
    "HTTP/1.1 201 Created\r\n"
    "Content-Type: application/json\r\n"
    "Request-Id: 01933c6e-7b1a-7c3e-9f52-8a4c1d2e3f40\r\n"
    "Location: /v1/tasks/01933c6e-7b1a-7c3e-9f52-8a4c1d2e3f41\r\n"
    "ETag: \"1\"\r\n"
    "\r\n"
    "{\"id\":\"01933c6e-7b1a-7c3e-9f52-8a4c1d2e3f41\",\"namespace\":\"default\",\"type\":\"t\","
    "\"queue\":\"bench\",\"state\":\"ready\",\"priority\":0,\"headers\":{},\"tags\":[],\"name\":null,"
    "\"attempt\":0,\"delivery\":0,\"max_attempts\":3,\"group\":null,"
    "\"root_id\":\"01933c6e-7b1a-7c3e-9f52-8a4c1d2e3f41\",\"parent_id\":null,\"origin_id\":null,"
    "\"created_at\":\"2025-01-01T00:00:00.000Z\",\"run_at\":\"2025-01-01T00:00:00.000Z\","
    "\"claimed_at\":null,\"started_at\":null,\"finished_at\":null,\"expires_at\":null,"
    "\"deadline_at\":null,\"worker_id\":null,\"progress\":null,\"checkpoint\":null,\"error\":null,"
    "\"cancel_requested_at\":null,\"cancel_reason\":null,\"abandoned\":false,\"observed\":false,"
    "\"deduplicated\":false,\"version\":1}";

static void sample_read(struct answerer *answerer, const char *path)
{
    char block[4096];
    size_t n;

    if (!*path) {
        text_add(&answerer->sample, default_sample, sizeof default_sample - 1);
        return;
    }
    FILE *file = fopen(path, "re");
    if (!file)
        die("cannot read %s", path);
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        text_add(&answerer->sample, block, n);
    (void)fclose(file); /* only read */
}

static void sample_split(struct answerer *answerer)
{
    const char *sample = answerer->sample.bytes;
    const char *line_end = strstr(sample, "\r\n");
    const char *head_end = strstr(sample, "\r\n\r\n");

    if (!head_end || sscanf(sample, "HTTP/1.1 %3u", &answerer->status) != 1)
        die("the sample is no HTTP/1.1 answer");
    answerer->headers = line_end + 2;
    answerer->body = head_end + 4;
}

/* These three are written by libmicrohttpd itself. */
static bool is_automatic(const char *name)
{
    return strcasecmp(name, "Date") == 0 || strcasecmp(name, "Content-Length") == 0 ||
           strcasecmp(name, "Connection") == 0;
}

static void header_add(struct MHD_Response *response, const char *line, size_t n)
{
    char copy[1024];

    if (n >= sizeof copy)
        die("a header line of the sample is too long");
    memcpy(copy, line, n);
    copy[n] = '\0';
    char *colon = strstr(copy, ": ");
    if (!colon)
        die("not a header line: %s", copy);
    *colon = '\0';
    if (!is_automatic(copy) && MHD_add_response_header(response, copy, colon + 2) != MHD_YES)
        die("libmicrohttpd refused the header %s", copy);
}

static struct MHD_Response *response_new(const struct answerer *answerer)
{
    size_t body_bytes = answerer->sample.length - (size_t)(answerer->body - answerer->sample.bytes);
    struct MHD_Response *response =
        MHD_create_response_from_buffer_static(body_bytes, answerer->body);

    if (!response)
        die("cannot make a response");
    for (const char *line = answerer->headers; line + 2 < answerer->body;) {
        const char *line_end = strstr(line, "\r\n");

        header_add(response, line, (size_t)(line_end - line));
        line = line_end + 2;
    }
    return response;
}

static void body_add(struct incoming *incoming, const char *bytes, size_t n)
{
    if (incoming->length + n > BODY_MAX)
        die("a body is too long");
    if (incoming->length + n > incoming->capacity) {
        incoming->capacity = (incoming->length + n) * 2;
        incoming->body = realloc(incoming->body, incoming->capacity);
        if (!incoming->body)
            die("out of memory");
    }
    memcpy(incoming->body + incoming->length, bytes, n);
    incoming->length += n;
}

static enum MHD_Result answer(struct answerer *answerer, struct MHD_Connection *connection)
{
    struct MHD_Response *response = answerer->fresh ? response_new(answerer) : answerer->response;
    enum MHD_Result result = MHD_queue_response(connection, answerer->status, response);

    if (answerer->fresh)
        MHD_destroy_response(response);
    return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_bytes, void **request)
{
    struct incoming *incoming = *request;

    (void)url;
    (void)method;
    (void)version;
    if (!incoming) {
        *request = calloc(1, sizeof *incoming);
        return *request ? MHD_YES : MHD_NO;
    }
    if (*upload_bytes == 0)
        return answer(context, connection);
    body_add(incoming, upload, *upload_bytes);
    *upload_bytes = 0;
    return MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode code)
{
    struct incoming *incoming = *request;

    (void)context;
    (void)connection;
    (void)code;
    if (!incoming)
        return;
    free(incoming->body);
    free(incoming);
    *request = NULL;
}

static void on_wake(uv_timer_t *timer);

/* Its sockets are edge-triggered inside: its own word on when to run next must be asked. */
static void arm(struct answerer *answerer)
{
    int64_t now_ms = (int64_t)uv_now(answerer->wake.loop);
    int64_t wait_ms = MHD_get_timeout64s(answerer->daemon);

    if (wait_ms < 0 || (answerer->wake_at_ms >= 0 && answerer->wake_at_ms <= now_ms + wait_ms))
        return;
    answerer->wake_at_ms = now_ms + wait_ms;
    if (uv_timer_start(&answerer->wake, on_wake, (uint64_t)wait_ms, 0) != 0)
        die("cannot start a timer");
}

static void pump(struct answerer *answerer)
{
    for (unsigned i = 0; i < RUNS_MAX; i++) {
        if (MHD_run(answerer->daemon) != MHD_YES)
            die("MHD_run failed");
        if (MHD_get_timeout64s(answerer->daemon) != 0)
            break;
    }
    arm(answerer);
}

static void on_wake(uv_timer_t *timer)
{
    struct answerer *answerer = timer->data;

    answerer->wake_at_ms = -1;
    pump(answerer);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)events;
    if (status < 0)
        die("poll: %s", uv_strerror(status));
    pump(poll->data);
}

static void daemon_start(struct answerer *answerer, unsigned port, size_t memory_bytes)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };

    answerer->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request,
        answerer, MHD_OPTION_SOCK_ADDR, (const struct sockaddr *)&address,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)CONNECTION_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory_bytes,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, answerer, MHD_OPTION_END);
    if (!answerer->daemon)
        die("cannot listen on 127.0.0.1:%u", port);
}

static void loop_start(struct answerer *answerer, uv_loop_t *loop)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(answerer->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    answerer->poll.data = answerer->wake.data = answerer;
    answerer->wake_at_ms = -1;
    if (!info || uv_poll_init(loop, &answerer->poll, info->epoll_fd) != 0 ||
        uv_timer_init(loop, &answerer->wake) != 0 ||
        uv_poll_start(&answerer->poll, UV_READABLE, on_readable) != 0)
        die("cannot start the loop");
}

int main(int argc, char **argv)
{
    struct option options[] = {
        {"port", "18090", "port on 127.0.0.1"},
        {"answer", "", "file with the HTTP answer to give; empty: a task like the broker's"},
        /* Cleared for every request, so it counts; this is what the broker's defaults come to. */
        {"memory", "29696", "bytes of memory that a connection has"},
        {"fresh", "0", "1: a new response object for each request"},
        {NULL, NULL, NULL},
    };
    struct answerer answerer = {0};

    option_read(options, argc, argv);
    answerer.fresh = option_number(options, "fresh") != 0;
    sample_read(&answerer, option_text(options, "answer"));
    sample_split(&answerer);
    answerer.response = response_new(&answerer);
    daemon_start(&answerer, option_count(options, "port"), option_count(options, "memory"));
    loop_start(&answerer, uv_default_loop());
    printf("{\"tool\":\"bare_http\",\"libmicrohttpd\":\"%s\"}\n", MHD_get_version());
    (void)fflush(stdout); /* whoever waits for the line finds a listening socket */
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT); /* until killed */
}
