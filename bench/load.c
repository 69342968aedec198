/* The load generator: drives a broker in one of several modes and prints one JSON result line. */
#include <stdio.h>
#include <string.h>

#include "common/die.h"
#include "common/option.h"
#include "load/scenario.h"

struct mode {
    const char *name;
    void (*run)(const struct scenario *scenario);
};

static const struct mode *mode_find(const char *name)
{
    static const struct mode modes[] = {
        {"submit", scenario_submit}, {"batch", scenario_batch},       {"drain", scenario_drain},
        {"cycle", scenario_cycle},   {"dispatch", scenario_dispatch}, {"claims", scenario_claims},
        {"fill", scenario_fill},
    };

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(modes[i].name, name) == 0)
            return &modes[i];
    die("no mode %s", name);
}

int main(int argc, char **argv)
{
    struct option options[] = {
        {"mode", "submit", "submit, batch, fill, drain, cycle, dispatch or claims"},
        {"target", "127.0.0.1:8080", "address and port of the broker"},
        {"queue", "bench", "queue to use"},
        {"type", "t", "type of the tasks"},
        {"also", "", "members of each task besides; lines in turn; {n}, {n%1000}: its number"},
        {"worker-also", "", "members of a worker's registration"},
        {"beside", "", "another broker, whose claims are measured in turn with these"},
        {"beside-queue", "beside", "the queue for that"},
        {"token", "", "token to send; a throwaway of this run, as arguments can be seen"},
        {"connections", "64", "keep-alive connections; dispatch always has two"},
        {"batch", "1", "tasks in one request, and each worker's concurrency"},
        {"tasks", "100000", "backlog of drain"},
        {"hold", "0", "tasks that each worker of drain keeps in hand; 0: one batch"},
        {"apart", "0", "1: drain tells outcomes by calls of their own"},
        {"rate", "100", "submits a second of dispatch"},
        {"warmup-ms", "500", "time before counting begins"},
        {"run-ms", "3000", "time of counting"},
        {"server-pid", "0", "process whose CPU share is printed too"},
        {NULL, NULL, NULL},
    };

    option_read(options, argc, argv);
    const struct scenario scenario = {
        .target = option_text(options, "target"),
        .queue = option_text(options, "queue"),
        .type = option_text(options, "type"),
        .also = option_text(options, "also"),
        .worker_also = option_text(options, "worker-also"),
        .beside = option_text(options, "beside"),
        .beside_queue = option_text(options, "beside-queue"),
        .token = option_text(options, "token"),
        .connections = option_count(options, "connections"),
        .batch = option_count(options, "batch"),
        .rate = option_count(options, "rate"),
        .hold = (unsigned)option_number(options, "hold"),
        .is_apart = option_number(options, "apart") != 0,
        .tasks = option_number(options, "tasks"),
        .warmup_ms = option_number(options, "warmup-ms"),
        .run_ms = option_number(options, "run-ms"),
        .server_pid = option_number(options, "server-pid"),
    };
    mode_find(option_text(options, "mode"))->run(&scenario);
    return 0;
}
