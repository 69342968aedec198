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
/* text/plain; version=0.0.4 */
void metrics_write(struct metrics *metrics, struct buffer *out);
