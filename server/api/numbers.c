/* Numbers: /metrics, for which the gauges that live in the engine are asked first and of which a
 * bound token is shown its part, and what is counted of HTTP itself. */
#include <sys/resource.h>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/parse.h"
#include "call.h"
#include "handlers.h"
#include "http/server.h"

/* ---- gauges ---- */

static void set_queue(struct metrics *metrics, const struct queue_view *queue)
{
    struct bytes labels[3] = {queue->ns, queue->name};
    int64_t age_ms = queue->oldest_ready_age_ms > 0 ? queue->oldest_ready_age_ms : 0;

    if (!bytes_is(queue->ns, METRICS_OTHER)) /* many together have no age */
        metrics_set(metrics, METRIC_OLDEST_READY, labels, (double)age_ms / 1000);
    for (int state = TASK_STATE_NONE + 1; state < TASK_STATE_MAX; state++) {
        labels[2] = bytes_of(task_state_name((enum task_state)state));
        metrics_set(metrics, METRIC_TASKS, labels, (double)queue->counts.of[state]);
    }
}

static void set_workers(struct metrics *metrics, const struct worker_sums *sums)
{
    struct labelled {
        enum metric metric;
        const char *label;
        int64_t value;
    } gauges[] = {
        {METRIC_WORKERS, "live", sums->live},
        {METRIC_WORKERS, "lost", sums->lost},
        {METRIC_WORKERS, "disabled", sums->disabled},
        {METRIC_WORKER_SLOTS, "used", sums->slots_used},
        {METRIC_WORKER_SLOTS, "total", sums->slots_total},
    };

    for (size_t i = 0; i < ARRAY_LEN(gauges); i++) {
        struct bytes labels[2] = {sums->ns, bytes_of(gauges[i].label)};

        metrics_set(metrics, gauges[i].metric, labels, (double)gauges[i].value);
    }
}

static void set_engine(struct metrics *metrics, const struct reply *reply)
{
    static const enum metric ANEW[] = {METRIC_TASKS, METRIC_OLDEST_READY, METRIC_WORKERS,
                                       METRIC_WORKER_SLOTS};
    struct bytes all = BYTES("all");

    for (size_t i = 0; i < ARRAY_LEN(ANEW); i++)
        metrics_clear(metrics, ANEW[i]);
    for (unsigned i = 0; i < reply->queues_len; i++)
        set_queue(metrics, &reply->queues[i]);
    for (unsigned i = 0; i < reply->sums_len; i++)
        set_workers(metrics, &reply->sums[i]);
    metrics_set(metrics, METRIC_PARKED, &all, (double)reply->stats.parked);
}

/* The second number of /proc/self/statm. */
static double resident_bytes(void)
{
    char text[256];
    struct bytes rest = {text, 0};
    struct bytes word;
    int64_t pages = 0;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, sizeof(text)) : -1;

    if (fd >= 0)
        (void)close(fd);
    if (len > 0)
        rest.len = (size_t)len;
    if (!bytes_split(&rest, ' ', &word) || !bytes_split(&rest, ' ', &word) ||
        !parse_int(word, 0, INT32_MAX, &pages))
        return 0;
    return (double)(pages * sysconf(_SC_PAGESIZE));
}

static double open_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    double count = -3; /* ".", ".." and the folder itself */

    if (folder == NULL)
        return 0;
    while (readdir(folder) != NULL)
        count++;
    (void)closedir(folder);
    return count;
}

static void set_process(const struct api *api)
{
    struct metrics *metrics = api->metrics;
    struct rusage used = {0};

    (void)getrusage(RUSAGE_SELF, &used);
    metrics_set(metrics, METRIC_CPU_SECONDS, NULL,
                (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                    (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
    metrics_set(metrics, METRIC_RESIDENT_BYTES, NULL, resident_bytes());
    metrics_set(metrics, METRIC_OPEN_FDS, NULL, open_fds());
    if (api->http != NULL) {
        struct http_server_stats stats = http_server_stats(api->http);

        metrics_set(metrics, METRIC_HTTP_CONNECTIONS, NULL, stats.connections);
        metrics_set(metrics, METRIC_EVENT_STREAMS, NULL, stats.flows);
    }
}

/* ---- what is shown ---- */

/* Of a queue: one that the grant names. Of a whole namespace: only to who has all of its queues. */
static bool is_granted(const void *ctx, struct bytes ns, struct bytes queue)
{
    const struct grant *grant = ctx;

    if (!grant_has_ns(grant, ns))
        return false;
    if (globs_are_all(grant->queues))
        return true;
    return queue.at != NULL && !bytes_is(queue, METRICS_OTHER) && grant_has_queue(grant, queue);
}

static void answer_metrics(struct call *call)
{
    struct metrics *metrics = call->api->metrics;
    const struct principal *by = call->command.by;
    struct metrics_filter filter = {.ctx = &by->grant, .shows = is_granted};
    bool sees_all = grant_is_unbounded(&by->grant);
    struct answer answer;

    set_engine(metrics, &call->command.reply);
    set_process(call->api);
    answer_begin(&answer);
    metrics_write(metrics, sees_all ? NULL : &filter, &answer.buffer);
    request_answer(call->request, 200, "text/plain; version=0.0.4", &answer.buffer);
}

void op_get_metrics(struct request *request)
{
    static const struct operation OPERATION = {.kind = COMMAND_METRICS, .answer = answer_metrics};

    call_run(request, &OPERATION);
}

/* ---- HTTP ---- */

void api_count_answer(void *ctx, const struct route *route, struct bytes method, int status,
                      int64_t took_us)
{
    const struct api *api = ctx;
    char text[16];
    int len = snprintf(text, sizeof(text), "%d", status);
    struct bytes labels[] = {
        route != NULL ? bytes_of(route->operation) : BYTES("none"),
        {text, (size_t)len},
    };

    (void)method;
    metrics_add(api->metrics, METRIC_HTTP_REQUESTS, labels, 1);
    metrics_observe(api->metrics, METRIC_HTTP_SECONDS, NULL, (double)took_us / 1e6);
}
