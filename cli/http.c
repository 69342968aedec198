/* HTTP: exchanges with one broker over kept-alive connections (libcurl); many at once, none of them
 * blocks. */
#include "http.h"

#include "base/assert.h"
#include "base/buffer.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/parse.h"
#include "version.h"

#include <curl/curl.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    CONNECT_TIMEOUT_MS = 5000,
    TURN_MS_MAX = 60 * 1000,
    STREAM_SILENCE_S = 45, /* a broker says something every 15 s */
    RETRY_AFTER_MS_MAX = 10 * 60 * 1000,
    ANSWER_BYTES_MAX = 256 * 1024 * 1024,
    LINE_BYTES_MAX = 1024 * 1024, /* more than a word of a command line can have */
};

struct http {
    CURLM *multi;
    char *url;
    char *authorization; /* a header line, or NULL */
    char *no_proxy;
    char *ns;     /* or NULL */
    char *prefix; /* of paths in the namespace, or NULL */
    struct trust trust;
    struct list calls;
};

struct http_call {
    struct list_node link;
    struct http *http;
    CURL *easy;
    struct curl_slist *headers;
    struct buffer body;
    char *request_body;
    char failure[CURL_ERROR_SIZE];
    int64_t retry_after_ms;
    http_done_fn *done;
    void *ctx;
    void (*on_piece)(void *ctx, struct bytes piece);
    void *piece_ctx;
};

static char *text_join(const char *a, const char *b, const char *c)
{
    struct buffer buffer;
    size_t len;

    buffer_init(&buffer, LINE_BYTES_MAX);
    buffer_append_text(&buffer, a);
    buffer_append_text(&buffer, b);
    buffer_append_text(&buffer, c);
    buffer_append_char(&buffer, '\0');
    ASSERT(!buffer.overflowed);
    return buffer_take(&buffer, &len);
}

/* A proxy that the environment names must never stand between a client and a broker on the same
 * machine. */
static char *no_proxy_list(void)
{
    const char *from_env = getenv("no_proxy");

    if (from_env == NULL)
        from_env = getenv("NO_PROXY");
    return text_join(from_env != NULL ? from_env : "localhost", ",",
                     "localhost,127.0.0.1,::1,[::1]");
}

struct http *http_new(const struct http_target *target)
{
    struct http *http = mem_alloc(sizeof(*http));
    size_t url_len = strlen(target->url);

    ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    http->multi = curl_multi_init();
    ASSERT(http->multi != NULL);
    http->url = text_join(target->url, "", "");
    while (url_len > 0 && http->url[url_len - 1] == '/')
        http->url[--url_len] = '\0';
    if (target->token != NULL)
        http->authorization = text_join("Authorization: Bearer ", target->token, "");
    if (target->ns != NULL) {
        http->ns = text_join(target->ns, "", "");
        http->prefix = text_join("/v1/ns/", target->ns, "/");
    }
    http->trust = target->trust;
    http->no_proxy = no_proxy_list();
    list_init(&http->calls);
    return http;
}

void http_free(struct http *http)
{
    struct list_node *node;

    if (http == NULL)
        return;
    while ((node = list_first(&http->calls)) != NULL)
        http_cancel(CONTAINER_OF(node, struct http_call, link));
    curl_multi_cleanup(http->multi);
    curl_global_cleanup();
    free(http->no_proxy);
    free(http->authorization);
    free(http->prefix);
    free(http->ns);
    free(http->url);
    free(http);
}

const char *http_url(const struct http *http)
{
    return http->url;
}

const char *http_ns(const struct http *http)
{
    return http->ns;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct http_call *call = ctx;
    long status = 0;

    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    if (call->on_piece != NULL && status == 200) {
        call->on_piece(call->piece_ctx, (struct bytes){data, size * count});
        return size * count;
    }
    buffer_append(&call->body, (struct bytes){data, size * count});
    return call->body.overflowed ? 0 : size * count;
}

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
    struct http_call *call = ctx;
    struct bytes value = {data, size * count};
    struct bytes name;

    while (value.len > 0 && (value.at[value.len - 1] == '\n' || value.at[value.len - 1] == '\r'))
        value.len--;
    if (!bytes_split(&value, ':', &name))
        return size * count;
    if (name.len == strlen("retry-after") && strncasecmp(name.at, "retry-after", name.len) == 0) {
        int64_t seconds;

        if (parse_int(bytes_trim(value), 0, RETRY_AFTER_MS_MAX / 1000, &seconds))
            call->retry_after_ms = seconds * 1000;
    }
    return size * count;
}

static void add_header(struct http_call *call, const char *line)
{
    struct curl_slist *longer = curl_slist_append(call->headers, line);

    ASSERT(longer != NULL);
    call->headers = longer;
}

static void add_header_value(struct http_call *call, const char *name, const char *value)
{
    char *line = text_join(name, ": ", value);

    add_header(call, line);
    free(line);
}

static void set_headers(struct http_call *call, const struct http_request *request)
{
    add_header(call, "Expect:");
    add_header(call, "Accept: application/json, */*");
    if (request->content_type != NULL)
        add_header_value(call, "Content-Type", request->content_type);
    if (request->idempotency_key != NULL)
        add_header_value(call, "Idempotency-Key", request->idempotency_key);
    if (request->if_match != NULL)
        add_header_value(call, "If-Match", request->if_match);
    if (call->http->authorization != NULL)
        add_header(call, call->http->authorization);
    curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
}

static void set_body(struct http_call *call, const struct http_request *request)
{
    bool takes_body = strcmp(request->method, "GET") != 0 && strcmp(request->method, "DELETE") != 0;

    curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (!takes_body)
        return;
    call->request_body = mem_alloc(request->body.len + 1);
    if (request->body.len > 0)
        memcpy(call->request_body, request->body.at, request->body.len);
    curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, call->request_body);
    if (request->content_type == NULL)
        add_header(call, "Content-Type:");
}

/* A path in the namespace; one that names a namespace by itself stays as it is. */
static char *url_of(const struct http *http, const char *path)
{
    struct bytes text = bytes_of(path);
    bool is_ours =
        http->prefix != NULL && bytes_starts(text, "/v1/") && !bytes_starts(text, "/v1/ns/");

    return is_ours ? text_join(http->url, http->prefix, path + strlen("/v1/"))
                   : text_join(http->url, path, "");
}

static void set_trust(CURL *easy, const struct trust *trust)
{
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, trust->believes_any ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, trust->believes_any ? 0L : 2L);
    if (trust->ca_file != NULL) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, trust->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    if (trust->cert_file != NULL)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, trust->cert_file);
    if (trust->cert_file != NULL)
        curl_easy_setopt(easy, CURLOPT_SSLKEY,
                         trust->key_file != NULL ? trust->key_file : trust->cert_file);
}

static void set_connection(struct http_call *call, const struct http_request *request)
{
    char *url = url_of(call->http, request->path);

    set_trust(call->easy, &call->http->trust);
    curl_easy_setopt(call->easy, CURLOPT_URL, url);
    free(url);
    curl_easy_setopt(call->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(call->easy, CURLOPT_NOPROXY, call->http->no_proxy);
    curl_easy_setopt(call->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(call->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    if (request->timeout_ms >= 0) {
        curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    } else {
        curl_easy_setopt(call->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(call->easy, CURLOPT_LOW_SPEED_TIME, (long)STREAM_SILENCE_S);
    }
    curl_easy_setopt(call->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(call->easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(call->easy, CURLOPT_USERAGENT, "sluice/" SLUICE_VERSION);
    curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, call->failure);
    curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(call->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(call->easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);
}

struct http_call *http_start(struct http *http, const struct http_request *request,
                             http_done_fn *done, void *ctx)
{
    struct http_call *call = mem_alloc(sizeof(*call));

    call->http = http;
    call->done = done;
    call->ctx = ctx;
    call->on_piece = request->on_piece;
    call->piece_ctx = request->piece_ctx;
    call->retry_after_ms = -1;
    call->easy = curl_easy_init();
    ASSERT(call->easy != NULL);
    buffer_init(&call->body, ANSWER_BYTES_MAX);
    set_connection(call, request);
    set_body(call, request);
    set_headers(call, request);
    list_push_back(&http->calls, &call->link);
    ASSERT(curl_multi_add_handle(http->multi, call->easy) == CURLM_OK);
    return call;
}

void http_cancel(struct http_call *call)
{
    if (call == NULL)
        return;
    list_remove(&call->link);
    curl_multi_remove_handle(call->http->multi, call->easy);
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    buffer_fini(&call->body);
    free(call->request_body);
    free(call);
}

/* libcurl's codes tell too little with GnuTLS: its words have to do. */
static enum trust_failure trust_failure_of(const struct http_call *call, CURLcode code)
{
    if (strncmp(call->http->url, "https:", strlen("https:")) != 0)
        return TRUST_HELD;
    if (strstr(call->failure, "error reading X.509") != NULL)
        return TRUST_BAD_FILES;
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return strstr(call->failure, "does not match") != NULL ? TRUST_OTHER_NAME
                                                               : TRUST_NOT_SIGNED;
    if (code == CURLE_SSL_CACERT_BADFILE)
        return TRUST_NOT_SIGNED;
    if (code == CURLE_SSL_CONNECT_ERROR)
        return TRUST_NO_TLS;
    return code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ? TRUST_WAS_REFUSED : TRUST_HELD;
}

/* A connection that ends right behind its handshake makes libcurl speak of the socket. */
static const char *failure_of(const struct http_call *call, CURLcode code)
{
    if (strstr(call->failure, "getpeername()") != NULL)
        return "it ended the connection";
    return call->failure[0] != '\0' ? call->failure : curl_easy_strerror(code);
}

static void finish(struct http_call *call, CURLcode code)
{
    struct http_answer answer = {.retry_after_ms = call->retry_after_ms, .content_type = ""};
    const char *content_type = NULL;
    long status = 0;

    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &content_type);
    if (code == CURLE_OK) {
        answer.status = (int)status;
        answer.body = buffer_bytes(&call->body);
        if (content_type != NULL)
            answer.content_type = content_type;
    } else {
        answer.failure = failure_of(call, code);
        answer.advice = trust_advice(&call->http->trust, trust_failure_of(call, code));
        answer.was_refused = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST;
    }
    call->done(call->ctx, &answer);
    http_cancel(call);
}

void http_turn(struct http *http, int extra_fd, int64_t timeout_ms)
{
    struct curl_waitfd extra = {.fd = extra_fd, .events = CURL_WAIT_POLLIN};
    int running;
    int waiting;
    CURLMsg *message;

    if (timeout_ms < 0 || timeout_ms > TURN_MS_MAX)
        timeout_ms = TURN_MS_MAX;
    /* Not a step before the sleep: it could end a call, and we would sleep on that. A new call
     * wakes the poll by itself. */
    curl_multi_poll(http->multi, &extra, extra_fd >= 0 ? 1 : 0, (int)timeout_ms, NULL);
    curl_multi_perform(http->multi, &running);
    while ((message = curl_multi_info_read(http->multi, &waiting)) != NULL) {
        struct http_call *call = NULL;
        CURLcode code = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        finish(call, code);
    }
}
