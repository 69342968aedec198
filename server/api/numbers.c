/* Numbers: /metrics, for which the gauges that live in the engine are asked first, and what is
 * counted of HTTP itself. */
#include <sys/resource.h>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/parse.h"
#include "call.h"
#include "handlers.h"
#include "http/server.h"

enum { QUEUES_MAX = 1000 }; /* with series of their own */

/* ---- gauges ---- */

static void set_queues(struct metrics *metrics, const struct reply *reply)
{
    metrics_clear(metrics, METRIC_TASKS);
    metrics_clear(metrics, METRIC_OLDEST_READY);
    for (unsigned i = 0; i < reply->queues_len; i++) {
        const struct queue_view *queue = &reply->queues[i];
        struct bytes labels[2] = {queue->name};
        int64_t age_ms = queue->oldest_ready_age_ms > 0 ? queue->oldest_ready_age_ms : 0;

        metrics_set(metrics, METRIC_OLDEST_READY, labels, (double)age_ms / 1000);
        for (int state = TASK_STATE_NONE + 1; state < TASK_STATE_MAX; state++) {
            labels[1] = bytes_of(task_state_name((enum task_state)state));
            metrics_set(metrics, METRIC_TASKS, labels, (double)queue->counts.of[state]);
        }
    }
}

static void set_stats(struct metrics *metrics, const struct stats_view *stats)
{
    struct labelled {
        enum metric metric;
        const char *label;
        int64_t value;
    } gauges[] = {
        {METRIC_WORKERS, "live", stats->workers - stats->workers_lost},
        {METRIC_WORKERS, "lost", stats->workers_lost},
        {METRIC_WORKER_SLOTS, "used", stats->slots_used},
        {METRIC_WORKER_SLOTS, "total", stats->slots_total},
        {METRIC_PARKED, "all", stats->parked},
    };

    for (size_t i = 0; i < ARRAY_LEN(gauges); i++) {
        struct bytes label = bytes_of(gauges[i].label);

        metrics_set(metrics, gauges[i].metric, &label, (double)gauges[i].value);
    }
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
    if (api->http != NULL)
        metrics_set(metrics, METRIC_HTTP_CONNECTIONS, NULL,
                    http_server_stats(api->http).connections);
}

/* ---- the two questions ---- */

static enum err decode_metrics(struct call *call)
{
    call->command.in.page.limit = QUEUES_MAX;
    call->command.in.page.brief = true;
    return OK;
}

static void ask_for_stats(struct call *call)
{
    struct command *command = &call->command;

    command->kind = COMMAND_STATS;
    command->reply = (struct reply){.created = false};
    command->parked = NULL;
    command->open_key = NULL;
    command->link = (struct list_node){NULL, NULL};
    call_post(call);
}

static void answer_metrics(struct call *call)
{
    struct metrics *metrics = call->api->metrics;
    struct answer answer;

    if (call->command.kind == COMMAND_LIST_QUEUES) {
        set_queues(metrics, &call->command.reply);
        ask_for_stats(call);
        return;
    }
    set_stats(metrics, &call->command.reply.stats);
    set_process(call->api);
    answer_begin(&answer);
    metrics_write(metrics, &answer.buffer);
    request_answer(call->request, 200, "text/plain; version=0.0.4", &answer.buffer);
}

void op_get_metrics(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_LIST_QUEUES, .decode = decode_metrics, .answer = answer_metrics};

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
