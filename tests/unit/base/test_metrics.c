/* Metrics: what is counted comes out as Prometheus text, from any number of threads. */
#include "base/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

enum { TEXT_MAX = 4 << 20 };

static int start(void **state)
{
    *state = metrics_new();
    return 0;
}

static int stop(void **state)
{
    metrics_free(*state);
    return 0;
}

static void assert_written(struct metrics *metrics, const char *line)
{
    struct buffer out;

    buffer_init(&out, TEXT_MAX);
    metrics_write(metrics, NULL, &out);
    assert_false(out.overflowed);
    if (memmem(out.at, out.len, line, strlen(line)) == NULL)
        fail_msg("no %s in\n%.*s", line, (int)out.len, out.at);
    buffer_fini(&out);
}

static void counters_count_by_label(void **state)
{
    struct metrics *metrics = *state;
    struct bytes a[] = {BYTES("mail"), BYTES("200")};
    struct bytes b[] = {BYTES("mail2"), BYTES("00")};

    metrics_add(metrics, METRIC_HTTP_REQUESTS, a, 2);
    metrics_add(metrics, METRIC_HTTP_REQUESTS, b, 1);
    metrics_add(metrics, METRIC_HTTP_REQUESTS, a, 3);
    metrics_add(metrics, METRIC_COMMITS, NULL, 7);

    assert_int_equal(metrics_value(metrics, METRIC_HTTP_REQUESTS, a), 5);
    assert_int_equal(metrics_value(metrics, METRIC_HTTP_REQUESTS, b), 1);
    assert_int_equal(metrics_value(metrics, METRIC_COMMITS, NULL), 7);
    assert_written(metrics, "\nsluice_http_requests_total{operation=\"mail\",status=\"200\"} 5\n");
    assert_written(metrics, "# TYPE sluice_db_commits_total counter\nsluice_db_commits_total 7\n");
}

static void what_was_never_counted_stands_there_as_zero(void **state)
{
    assert_written(*state, "\nsluice_events_total 0\n");
    assert_written(*state, "\nsluice_db_commit_seconds_count 0\n");
}

static void gauges_are_set_and_cleared(void **state)
{
    struct metrics *metrics = *state;
    struct bytes labels[] = {BYTES("default"), BYTES("mail"), BYTES("ready")};

    metrics_set(metrics, METRIC_TASKS, labels, 12);
    metrics_set(metrics, METRIC_DB_BYTES, NULL, 123456789012.0);
    metrics_set(metrics, METRIC_START_TIME, NULL, 1700000000.25);
    assert_written(metrics,
                   "\nsluice_tasks{namespace=\"default\",queue=\"mail\",state=\"ready\"} 12\n");
    assert_written(metrics, "\nsluice_db_size_bytes 123456789012\n");
    assert_written(metrics, "\nprocess_start_time_seconds 1700000000.25\n");
    metrics_clear(metrics, METRIC_TASKS);
    assert_int_equal(metrics_value(metrics, METRIC_TASKS, labels), 0);
    metrics_set(metrics, METRIC_TASKS, labels, 1);
    assert_int_equal(metrics_value(metrics, METRIC_TASKS, labels), 1);
}

static void histograms_add_their_buckets_up(void **state)
{
    struct metrics *metrics = *state;

    metrics_observe(metrics, METRIC_COMMIT_SECONDS, NULL, 0.001);
    metrics_observe(metrics, METRIC_COMMIT_SECONDS, NULL, 0.002);
    metrics_observe(metrics, METRIC_COMMIT_SECONDS, NULL, 1e6);
    metrics_observe(metrics, METRIC_BATCH_SIZE, NULL, 3);
    assert_written(metrics, "sluice_db_commit_seconds_bucket{le=\"0.0005\"} 0\n");
    assert_written(metrics, "sluice_db_commit_seconds_bucket{le=\"0.001\"} 1\n");
    assert_written(metrics, "sluice_db_commit_seconds_bucket{le=\"0.0025\"} 2\n");
    assert_written(metrics, "sluice_db_commit_seconds_bucket{le=\"+Inf\"} 3\n");
    assert_written(metrics, "sluice_db_commit_seconds_sum 1000000.003\n");
    assert_written(metrics, "sluice_db_batch_size_bucket{le=\"2\"} 0\n");
    assert_written(metrics, "sluice_db_batch_size_bucket{le=\"4\"} 1\n");
    assert_int_equal(metrics_value(metrics, METRIC_COMMIT_SECONDS, NULL), 3);
}

static void labels_are_escaped(void **state)
{
    struct bytes labels[] = {BYTES("default"), BYTES("a\"b\\c\nd")};

    metrics_add(*state, METRIC_SUBMITTED, labels, 1);
    assert_written(
        *state,
        "sluice_tasks_submitted_total{namespace=\"default\",queue=\"a\\\"b\\\\c\\nd\"} 1\n");
}

static void count_claims(struct metrics *metrics, const char *ns, int queues)
{
    for (int i = 0; i < queues; i++) {
        char name[32];
        struct bytes labels[] = {bytes_of(ns),
                                 {name, (size_t)snprintf(name, sizeof(name), "q%d", i)}};

        metrics_add(metrics, METRIC_CLAIMED, labels, 1);
        metrics_add(metrics, METRIC_CLAIMED, labels, 1);
    }
}

static void too_many_series_are_counted_together_by_namespace(void **state)
{
    struct bytes first[] = {BYTES("default"), BYTES("_other")};
    struct bytes second[] = {BYTES("late"), BYTES("_other")};

    count_claims(*state, "default", 10001);
    count_claims(*state, "late", 3);
    assert_int_equal(metrics_value(*state, METRIC_CLAIMED, first), 2);
    assert_int_equal(metrics_value(*state, METRIC_CLAIMED, second), 6);
}

static void too_many_namespaces_are_counted_together(void **state)
{
    struct bytes other[] = {BYTES("_other"), BYTES("_other")};

    count_claims(*state, "default", 10000);
    for (int i = 0; i < 1002; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "ns%d", i);
        count_claims(*state, name, 1);
    }
    assert_int_equal(metrics_value(*state, METRIC_CLAIMED, other), 4);
}

static bool is_ours(const void *ctx, struct bytes ns, struct bytes queue)
{
    return bytes_is(ns, ctx) && (queue.at == NULL || bytes_is(queue, "mail"));
}

static void a_part_is_what_the_filter_lets_through(void **state)
{
    const struct metrics_filter filter = {.ctx = "ours", .shows = is_ours};
    struct bytes shown[] = {BYTES("ours"), BYTES("mail")}, hidden[] = {BYTES("ours"), BYTES("b")},
                 foreign[] = {BYTES("theirs"), BYTES("mail")},
                 workers[] = {BYTES("ours"), BYTES("live")};
    static const char text[] = "# HELP sluice_tasks_claimed_total Leases granted\n"
                               "# TYPE sluice_tasks_claimed_total counter\n"
                               "sluice_tasks_claimed_total{namespace=\"ours\",queue=\"mail\"} 1\n";
    static const char live[] = "sluice_workers{namespace=\"ours\",state=\"live\"} 4\n";
    struct buffer out;

    metrics_add(*state, METRIC_CLAIMED, shown, 1);
    metrics_add(*state, METRIC_CLAIMED, hidden, 2);
    metrics_add(*state, METRIC_CLAIMED, foreign, 3);
    metrics_set(*state, METRIC_WORKERS, workers, 4);
    metrics_add(*state, METRIC_COMMITS, NULL, 5);
    buffer_init(&out, TEXT_MAX);
    metrics_write(*state, &filter, &out);

    assert_non_null(memmem(out.at, out.len, text, strlen(text)));
    assert_non_null(memmem(out.at, out.len, live, strlen(live)));
    assert_null(memmem(out.at, out.len, "\"b\"", 3));
    assert_null(memmem(out.at, out.len, "theirs", 6));
    assert_null(memmem(out.at, out.len, "commits", 7));
    buffer_fini(&out);
}

static void *count_often(void *ctx)
{
    struct bytes labels[] = {BYTES("default"), BYTES("mail")};

    for (int i = 0; i < 10000; i++) {
        metrics_add(ctx, METRIC_RETRIES, labels, 1);
        metrics_add(ctx, METRIC_STALE_LEASES, NULL, 1);
        metrics_observe(ctx, METRIC_RUN_SECONDS, NULL, 0.1);
    }
    return NULL;
}

static void threads_lose_nothing(void **state)
{
    struct bytes labels[] = {BYTES("default"), BYTES("mail")};
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_often, *state), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(metrics_value(*state, METRIC_RETRIES, labels), 40000);
    assert_int_equal(metrics_value(*state, METRIC_STALE_LEASES, NULL), 40000);
    assert_int_equal(metrics_value(*state, METRIC_RUN_SECONDS, NULL), 40000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counters_count_by_label, start, stop),
        cmocka_unit_test_setup_teardown(what_was_never_counted_stands_there_as_zero, start, stop),
        cmocka_unit_test_setup_teardown(gauges_are_set_and_cleared, start, stop),
        cmocka_unit_test_setup_teardown(histograms_add_their_buckets_up, start, stop),
        cmocka_unit_test_setup_teardown(labels_are_escaped, start, stop),
        cmocka_unit_test_setup_teardown(too_many_series_are_counted_together_by_namespace, start,
                                        stop),
        cmocka_unit_test_setup_teardown(too_many_namespaces_are_counted_together, start, stop),
        cmocka_unit_test_setup_teardown(a_part_is_what_the_filter_lets_through, start, stop),
        cmocka_unit_test_setup_teardown(threads_lose_nothing, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
