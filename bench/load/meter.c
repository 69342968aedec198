/* Meter: counts what falls into the measured part of a run and prints it as one JSON line. */
#include "load/meter.h"

#include <stdio.h>

#include "common/process.h"

void meter_init(struct meter *meter, int64_t warmup_ms, int64_t run_ms, int64_t server_pid)
{
    *meter = (struct meter){.server_pid = server_pid};
    meter->begin_ns = stopwatch_now_ns() + warmup_ms * NS_PER_MS;
    meter->end_ns = meter->begin_ns + run_ms * NS_PER_MS;
}

static void start(struct meter *meter, int64_t now_ns)
{
    meter->is_running = true;
    meter->begin_ns = now_ns;
    meter->server_cpu_ns = process_cpu_ns(meter->server_pid);
    stopwatch_start(&meter->stopwatch);
}

void meter_stop(struct meter *meter)
{
    int64_t server_ns = process_cpu_ns(meter->server_pid) - meter->server_cpu_ns;

    if (!meter->is_running)
        return;
    meter->is_running = false;
    meter->load_cpu_share = stopwatch_cpu_share(&meter->stopwatch);
    meter->server_cpu_share =
        (double)server_ns / (double)NS_PER_S / stopwatch_elapsed_s(&meter->stopwatch);
}

bool meter_is_open(struct meter *meter, int64_t now_ns)
{
    if (now_ns >= meter->end_ns) {
        meter_stop(meter);
        return false;
    }
    if (!meter->is_running && now_ns >= meter->begin_ns)
        start(meter, now_ns);
    return true;
}

void meter_add(struct meter *meter, int64_t tasks, int64_t duration_ns, int64_t now_ns)
{
    if (!meter->is_running || now_ns > meter->end_ns)
        return;
    meter->tasks += tasks;
    meter->last_ns = now_ns;
    histogram_add(&meter->histogram, duration_ns);
}

void meter_print(const struct meter *meter, const char *mode, unsigned connections, unsigned batch)
{
    double seconds = (double)(meter->last_ns - meter->begin_ns) / (double)NS_PER_S;

    printf("{\"tool\":\"load\",\"mode\":\"%s\",\"connections\":%u,\"batch\":%u,\"tasks\":%lld,"
           "\"seconds\":%.3f,\"rate_per_s\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,"
           "\"load_cpu\":%.2f,\"server_cpu\":%.2f}\n",
           mode, connections, batch, (long long)meter->tasks, seconds,
           seconds > 0 ? (double)meter->tasks / seconds : 0.0,
           histogram_quantile_us(&meter->histogram, 0.50),
           histogram_quantile_us(&meter->histogram, 0.99), (double)meter->histogram.max_ns / 1000.0,
           meter->load_cpu_share, meter->server_cpu_share);
}
