/* Metrics: counters, gauges and histograms with few labels, updated from any thread, printed as
 * Prometheus text. */
#pragma once

#include <stdint.h>

#include "base/buffer.h"

enum metric {
#define METRIC(name, kind, wire, labels, help) METRIC_##name,
#include "tables/metrics.def"
#undef METRIC
    METRIC_MAX,
};

struct metrics;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);
/* labels: values in the order of the table, borrowed; NULL when the metric has none. */
void metrics_add(struct metrics *metrics, enum metric metric, const struct bytes *labels,
                 int64_t by);
void metrics_set(struct metrics *metrics, enum metric metric, const struct bytes *labels,
                 double value);
void metrics_observe(struct metrics *metrics, enum metric metric, const struct bytes *labels,
                     double value);
/* Drop every series of a gauge before it is set anew. */
void metrics_clear(struct metrics *metrics, enum metric metric);
int64_t metrics_value(struct metrics *metrics, enum metric metric, const struct bytes *labels);

/* The value of a label where there are too many series to have one for each. */
#define METRICS_OTHER "_other"

/* For one who may see a part only: the series that belong to a namespace, and to a queue of it
 * (NONE: to the whole), where shows() says so. */
struct metrics_filter {
    const void *ctx;
    bool (*shows)(const void *ctx, struct bytes ns, struct bytes queue);
};

/* text/plain; version=0.0.4. filter NULL: everything. */
void metrics_write(struct metrics *metrics, const struct metrics_filter *filter,
                   struct buffer *out);
