/*
 * The raw store: prepared SQLite statements that change the same rows and indexes as the broker,
 * with the same flush at each commit and nothing around it: no HTTP, no JSON, no rules. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/die.h"
#include "common/histogram.h"
#include "common/option.h"
#include "common/stopwatch.h"
#include "raw/rows.h"

struct outcome {
    int64_t tasks;
    double seconds;
    double cpu_share;
    struct histogram histogram; /* of whole transactions */
};

static void insert(struct rows *rows, unsigned batch, int64_t run_ms, struct outcome *ret_outcome)
{
    int64_t now_ns = stopwatch_now_ns();
    int64_t end_ns = now_ns + run_ms * NS_PER_MS;

    while (now_ns < end_ns) {
        int64_t begin_ns = now_ns;

        rows_submit(rows, batch);
        now_ns = stopwatch_now_ns();
        histogram_add(&ret_outcome->histogram, now_ns - begin_ns);
        ret_outcome->tasks += batch;
    }
}

static void drain(struct rows *rows, unsigned batch, struct outcome *ret_outcome)
{
    do {
        int64_t begin_ns = stopwatch_now_ns();

        ret_outcome->tasks += rows->n_held;
        rows_finish_and_claim(rows, batch);
        histogram_add(&ret_outcome->histogram, stopwatch_now_ns() - begin_ns);
    } while (rows->n_held > 0);
}

static void print(const char *mode, unsigned batch, const struct outcome *outcome)
{
    printf(
        "{\"tool\":\"raw_sqlite\",\"mode\":\"%s\",\"batch\":%u,\"tasks\":%lld,"
        "\"seconds\":%.3f,\"rate_per_s\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"cpu\":%.2f,"
        "\"sqlite\":\"%s\"}\n",
        mode, batch, (long long)outcome->tasks, outcome->seconds,
        (double)outcome->tasks / outcome->seconds, histogram_quantile_us(&outcome->histogram, 0.50),
        histogram_quantile_us(&outcome->histogram, 0.99), outcome->cpu_share, sqlite3_libversion());
}

int main(int argc, char **argv)
{
    struct option options[] = {
        {"mode", "insert", "insert for a time, or drain a backlog"},
        {"data", ".", "folder for the database, on the disk to measure"},
        {"schema", "migrations", "folder of the .sql files that make the tables"},
        {"batch", "100", "tasks in one transaction"},
        {"tasks", "100000", "backlog of drain"},
        {"run-ms", "3000", "time of insert"},
        {NULL, NULL, NULL},
    };
    struct rows rows = {0};
    struct outcome outcome = {0};
    struct stopwatch stopwatch;

    option_read(options, argc, argv);
    unsigned batch = option_count(options, "batch");
    const char *mode = option_text(options, "mode");
    bool drains = strcmp(mode, "drain") == 0;
    if (batch > ROWS_BATCH_MAX || (!drains && strcmp(mode, "insert") != 0))
        die("the mode is insert or drain, the batch at most %d", ROWS_BATCH_MAX);
    database_open(&rows.database, option_text(options, "data"), option_text(options, "schema"));
    rows_prepare(&rows);
    for (int64_t left = option_number(options, "tasks"); drains && left > 0; left -= batch)
        rows_submit(&rows, left < batch ? (unsigned)left : batch);
    stopwatch_start(&stopwatch);
    if (drains)
        drain(&rows, batch, &outcome);
    else
        insert(&rows, batch, option_number(options, "run-ms"), &outcome);
    outcome.seconds = stopwatch_elapsed_s(&stopwatch);
    outcome.cpu_share = stopwatch_cpu_share(&stopwatch);
    print(mode, batch, &outcome);
    database_close(&rows.database);
    return 0;
}
