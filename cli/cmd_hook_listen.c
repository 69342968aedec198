/* sluice hook listen: a small receiver that shows what is pushed to it. */
#include "arrival.h"
#include "commands.h"
#include "exit_code.h"
#include "hook_key.h"
#include "message.h"
#include "output.h"
#include "printable.h"

#include "base/clock.h"
#include "base/json_out.h"
#include "base/parse.h"
#include "base/time_text.h"
#include "base/utf8.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    BACKLOG = 64,
    PATIENCE_S = 10,
    UNAUTHORIZED = 401,
    PORT_MAX = 65535,
    LINE_MAX_LEN = 40 * 1024 * 1024
};

struct receiver {
    struct signature_key key; /* of no length: nothing is checked */
    int64_t status;
    bool is_json;
};

struct receipt {
    int64_t at_ms;
    const char *refusal; /* of its signature; NULL: it fits, or was not checked */
    int64_t status;
};

/* ---- the socket ---- */

static struct addrinfo *address_of(char *text)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *found = NULL;
    char *colon = strrchr(text, ':');
    int64_t port;
    char *end;

    if (colon == NULL || colon == text || !parse_int(bytes_of(colon + 1), 0, PORT_MAX, &port))
        return NULL;
    *colon = '\0';
    end = colon - 1;
    if (text[0] == '[' && *end == ']') {
        *end = '\0';
        text++;
    }
    return getaddrinfo(text, colon + 1, &hints, &found) == 0 ? found : NULL;
}

static int open_socket(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

/* With port 0 the system has picked one. */
static void tell_address(int fd)
{
    struct sockaddr_storage at = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof(at);
    char host[INET6_ADDRSTRLEN], port[8];

    if (getsockname(fd, (struct sockaddr *)&at, &len) == 0 &&
        getnameinfo((struct sockaddr *)&at, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        message_note(at.ss_family == AF_INET6 ? "Listening on http://[%s]:%s"
                                              : "Listening on http://%s:%s",
                     host, port);
}

static int listen_at(const char *text)
{
    struct arena *arena = arena_new();
    struct addrinfo *address = address_of(arena_string(arena, bytes_of(text)));
    int fd = address != NULL ? open_socket(address) : -1;

    if (address == NULL)
        message_error("--listen: '%s' is not ADDR:PORT or [ADDR]:PORT", text);
    else if (fd < 0)
        message_error("cannot listen on %s: %s", text, strerror(errno));
    else
        tell_address(fd);
    if (address != NULL)
        freeaddrinfo(address);
    arena_free(arena);
    return fd;
}

static void answer(int fd, int64_t status)
{
    char head[128];
    int len =
        snprintf(head, sizeof(head), "HTTP/1.1 %lld \r\n%sConnection: close\r\n\r\n",
                 (long long)status, status == 204 || status == 304 ? "" : "Content-Length: 0\r\n");

    (void)send(fd, head, (size_t)len, MSG_NOSIGNAL); /* gone is gone */
}

/* Closing before all was read would take the answer back. */
static void swallow(int fd)
{
    char waste[4096];
    unsigned left = 256;

    (void)shutdown(fd, SHUT_WR);
    while (left-- > 0 && recv(fd, waste, sizeof(waste), 0) > 0)
        continue;
}

/* ---- showing it ---- */

static void write_headers(const struct arrival *arrival, struct json_out *out)
{
    struct bytes rest = arrival->headers, name, value;

    json_out_key(out, "headers");
    json_out_object(out);
    while (arrival_each(&rest, &name, &value))
        if (arrival_header(arrival, name).at == value.at) { /* the first of its name */
            json_out_key_bytes(out, name);
            json_out_text(out, value);
        }
    json_out_object_end(out);
}

static void print_json(const struct receiver *receiver, const struct arrival *arrival,
                       const struct receipt *receipt)
{
    struct buffer buffer;
    struct json_out out;

    buffer_init(&buffer, LINE_MAX_LEN);
    json_out_init(&out, &buffer);
    json_out_object(&out);
    json_member_time_or_null(&out, "at", receipt->at_ms);
    json_member_text(&out, "method", arrival->method);
    json_member_text(&out, "target", arrival->target);
    write_headers(arrival, &out);
    if (utf8_is_valid(arrival->body)) {
        json_member_text(&out, "body", arrival->body);
    } else {
        json_out_key(&out, "body_base64");
        json_out_base64(&out, arrival->body);
    }
    json_member_text_or_null(&out, "signature",
                             receiver->key.len == 0     ? BYTES_NONE
                             : receipt->refusal == NULL ? BYTES("fits")
                                                        : bytes_of(receipt->refusal));
    json_member_int(&out, "status", receipt->status);
    json_out_object_end(&out);
    output_line(buffer_bytes(&buffer));
    buffer_fini(&buffer);
}

static void print_text(const struct receiver *receiver, const struct arrival *arrival,
                       const struct receipt *receipt)
{
    const char *signature = receiver->key.len == 0     ? ""
                            : receipt->refusal == NULL ? ", the signature fits"
                                                       : receipt->refusal;
    struct arena *arena = arena_new();
    struct bytes rest = arrival->headers, name, value;
    char at[TIME_TEXT_LEN + 1];

    time_write(receipt->at_ms, at);
    printf("%s %.*s %.*s: answered %lld%s%s\n", at, BYTES_ARG(printable(arrival->method, arena)),
           BYTES_ARG(printable(arrival->target, arena)), (long long)receipt->status,
           receipt->refusal != NULL ? ", " : "", signature);
    while (arrival_each(&rest, &name, &value))
        printf("  %.*s: %.*s\n", BYTES_ARG(printable(name, arena)),
               BYTES_ARG(printable(value, arena)));
    if (arrival->body.len > 0) {
        putchar('\n');
        output_line(printable(arrival->body, arena));
    }
    putchar('\n');
    arena_free(arena);
}

/* ---- one after the other ---- */

static struct receipt judge(const struct receiver *receiver, const struct arrival *arrival)
{
    struct clock clock = clock_system();
    struct receipt receipt = {.at_ms = clock.now(clock.ctx).wall_ms, .status = receiver->status};

    if (receiver->key.len == 0)
        return receipt;
    receipt.refusal = signature_refusal(
        &receiver->key, arrival_header(arrival, BYTES("webhook-id")),
        arrival_header(arrival, BYTES("webhook-timestamp")), arrival->body,
        arrival_header(arrival, BYTES("webhook-signature")), receipt.at_ms / 1000);
    if (receipt.refusal != NULL)
        receipt.status = UNAUTHORIZED;
    return receipt;
}

/* False: no whole request came. */
static bool serve_one(const struct receiver *receiver, int fd, bool *ret_is_signed)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    struct arrival arrival;
    struct receipt receipt;
    int status;

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    status = arrival_read(&arrival, fd);
    if (status == 0) {
        receipt = judge(receiver, &arrival);
        *ret_is_signed = receipt.refusal == NULL;
        (receiver->is_json ? print_json : print_text)(receiver, &arrival, &receipt);
        (void)fflush(stdout); /* main() asks ferror() at the end */
        answer(fd, receipt.status);
    } else if (status > 0) {
        message_error("something that is not a whole request was answered %d", status);
        answer(fd, status);
        swallow(fd);
    }
    arrival_fini(&arrival);
    return status == 0;
}

static int serve(const struct receiver *receiver, int listening, bool is_once)
{
    bool is_signed = true;

    while (ferror(stdout) == 0) {
        int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
        bool is_whole;

        if (fd < 0 && errno != ECONNABORTED && errno != EINTR) {
            message_error("cannot take connections: %s", strerror(errno));
            return EXIT_CODE_FAILURE;
        }
        if (fd < 0)
            continue;
        is_whole = serve_one(receiver, fd, &is_signed);
        (void)close(fd);
        if (is_whole && is_once)
            return is_signed ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
    }
    return EXIT_CODE_FAILURE;
}

static int run(const struct options *options)
{
    struct receiver receiver = {.status = options_number(options, "status", 200),
                                .is_json = options_has(options, "json")};
    int listening, exit_code;

    if (options_has(options, "secret-file") && !hook_key_read(options, &receiver.key))
        return EXIT_CODE_FAILURE;
    listening = listen_at(options_text(options, "listen"));
    if (listening < 0)
        return EXIT_CODE_FAILURE;
    exit_code = serve(&receiver, listening, options_has(options, "once"));
    (void)close(listening);
    return exit_code;
}

static const struct option_spec specs[] = {
    {.name = "listen",
     .kind = OPTION_TEXT,
     .value = "ADDR:PORT",
     .help = "Where; port 0 picks one.",
     .fallback = "127.0.0.1:9000"},
    HOOK_KEY_OPTION,
    {.name = "status",
     .kind = OPTION_INT,
     .value = "N",
     .help = "What is answered (200); 401 to a wrong signature.",
     .min = 200,
     .max = 599},
    {.name = "json", .kind = OPTION_FLAG, .help = "Print each request as a line of JSON."},
    {.name = "once", .kind = OPTION_FLAG, .help = "End after the first request."},
    {.name = NULL},
};

const struct command command_hook_listen = {
    .name = "hook listen",
    .arguments = "",
    .summary = "Receive what is pushed, check its signature and show it.",
    .details = "One request after the other, over plain HTTP.",
    .options = specs,
    .run = run,
};
