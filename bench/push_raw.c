/* What pushing could at best reach: libcurl's multi interface on epoll, as many connections, heads
 * of the same size and the same bodies as the broker sends, and nothing else: no signing, no
 * storing. */
#include <curl/curl.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/die.h"
#include "common/option.h"
#include "common/stopwatch.h"

#define EVENTS_MAX 256
/* The load generator's. */
#define BODY                                                                                       \
    "{\"user\":\"0f3a9c71-52d8\",\"object\":\"photos/2024/11/0001.jpg\",\"width\":1024,"           \
    "\"height\":768,\"quality\":0.85}"

struct pusher {
    CURLM *multi;
    int epoll;
    long timeout_ms; /* libcurl's wish; -1: none */
    struct curl_slist *headers;
    const char *body;
    int64_t left;  /* to begin */
    int64_t going; /* begun, not ended */
    int64_t bytes; /* of answers */
};

/* As long as what the broker sends with each task. */
static const char *const header_lines[] = {
    "User-Agent: Sluice/0.1.0",
    "Content-Type: application/json",
    "Task-Id: 01933c6e-7b1a-7c3e-9f52-8a4c1d2e3f40",
    "Task-Type: t",
    "Task-Queue: bench",
    "Task-Attempt: 1",
    "Task-Lease: AAAAAAAAAAEAAAABviw_Z4AkuA1K6eagLbmk9g",
    "Task-Deadline: 2026-11-20T18:18:31.000Z",
    "webhook-id: 01933c6e-7b1a-7c3e-9f52-8a4c1d2e3f40",
    "webhook-timestamp: 1763662681",
    "webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    "Expect:",
};

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    struct pusher *pusher = context;

    (void)bytes;
    pusher->bytes += (int64_t)(size * n);
    return size * n;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
    const struct pusher *pusher = context;
    struct epoll_event event = {.data.fd = fd};

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(pusher->epoll, EPOLL_CTL_DEL, fd, NULL); /* closed already is as good */
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
    if (epoll_ctl(pusher->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll_ctl: %s", strerror(errno));
    (void)curl_multi_assign(pusher->multi, fd, context); /* only fails for an unknown socket */
    return 0;
}

static int on_timeout(CURLM *multi, long timeout_ms, void *context)
{
    struct pusher *pusher = context;

    (void)multi;
    pusher->timeout_ms = timeout_ms;
    return 0;
}

static void begin(struct pusher *pusher, CURL *easy)
{
    pusher->left--;
    pusher->going++;
    if (curl_multi_add_handle(pusher->multi, easy) != CURLM_OK)
        die("curl_multi_add_handle failed");
}

static CURL *easy_make(struct pusher *pusher, const char *url)
{
    CURL *easy = curl_easy_init();

    if (!easy)
        die("curl_easy_init failed");
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, pusher->body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(pusher->body));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, pusher->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, pusher);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    return easy;
}

/* Each handle that is done begins the next request, on the connection that it leaves behind. */
static void reap(struct pusher *pusher)
{
    int more;

    for (CURLMsg *message; (message = curl_multi_info_read(pusher->multi, &more));) {
        CURL *easy = message->easy_handle;
        long status = 0;

        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        if (message->data.result != CURLE_OK || status != 200)
            die("a push failed: %s, status %ld", curl_easy_strerror(message->data.result), status);
        pusher->going--;
        (void)curl_multi_remove_handle(pusher->multi, easy); /* it was added */
        if (pusher->left > 0)
            begin(pusher, easy);
        else
            curl_easy_cleanup(easy);
    }
}

static void act(struct pusher *pusher, curl_socket_t fd, int flags)
{
    int running;

    if (curl_multi_socket_action(pusher->multi, fd, flags, &running) != CURLM_OK)
        die("curl_multi_socket_action failed");
}

static void run(struct pusher *pusher)
{
    struct epoll_event events[EVENTS_MAX];

    act(pusher, CURL_SOCKET_TIMEOUT, 0);
    while (pusher->going > 0) {
        int n = epoll_wait(pusher->epoll, events, EVENTS_MAX, (int)pusher->timeout_ms);

        for (int i = 0; i < n; i++)
            act(pusher, events[i].data.fd,
                (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                    (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                    (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0));
        if (pusher->timeout_ms == 0 || n == 0)
            act(pusher, CURL_SOCKET_TIMEOUT, 0);
        reap(pusher);
    }
}

int main(int argc, char **argv)
{
    struct option options[] = {
        {"url", "http://127.0.0.1:18190/push", "where to"},
        {"connections", "64", "requests under way at a time"},
        {"tasks", "100000", "requests"},
        {"body", BODY, "what each carries"},
        {NULL, NULL, NULL},
    };
    struct pusher pusher = {.epoll = epoll_create1(EPOLL_CLOEXEC), .timeout_ms = -1};
    struct stopwatch stopwatch;

    option_read(options, argc, argv);
    const unsigned connections = option_count(options, "connections");
    const int64_t tasks = option_number(options, "tasks");
    pusher.body = option_text(options, "body");
    pusher.left = tasks;
    pusher.multi = curl_multi_init();
    if (!pusher.multi || pusher.epoll < 0)
        die("cannot set up libcurl");
    for (size_t i = 0; i < sizeof header_lines / sizeof header_lines[0]; i++)
        pusher.headers = curl_slist_append(pusher.headers, header_lines[i]);
    curl_multi_setopt(pusher.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(pusher.multi, CURLMOPT_SOCKETDATA, &pusher);
    curl_multi_setopt(pusher.multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(pusher.multi, CURLMOPT_TIMERDATA, &pusher);
    curl_multi_setopt(pusher.multi, CURLMOPT_MAXCONNECTS, (long)connections);
    stopwatch_start(&stopwatch);
    for (unsigned i = 0; i < connections && pusher.left > 0; i++)
        begin(&pusher, easy_make(&pusher, option_text(options, "url")));
    run(&pusher);
    const double seconds = stopwatch_elapsed_s(&stopwatch);
    printf(
        "{\"tool\":\"push_raw\",\"curl\":\"%s\",\"connections\":%u,\"tasks\":%lld,\"seconds\":%.3f,"
        "\"rate_per_s\":%.1f,\"load_cpu\":%.2f}\n",
        curl_version_info(CURLVERSION_NOW)->version, connections, (long long)tasks, seconds,
        (double)tasks / seconds, stopwatch_cpu_share(&stopwatch));
    curl_multi_cleanup(pusher.multi);
    curl_slist_free_all(pusher.headers);
    return 0;
}
