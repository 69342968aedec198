/* Metrics: counters, gauges and histograms with few labels, updated from any thread, printed as
 * Prometheus text. A metric has one lock, held for a lookup and an addition; a counter without
 * labels needs none. */
#include "base/metrics.h"

#include "base/assert.h"
#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    LABELS_MAX = 3,
    LABEL_LEN_MAX = 128,
    /* Of one metric: queues are made by users. What comes later is counted under METRICS_OTHER of
     * its namespace, and when there are many of these as well, of no namespace. */
    SERIES_MAX = 10000,
    OTHERS_MAX = 1000,
    BUCKETS_MAX = 20,
};

enum kind { COUNTER, GAUGE, HISTOGRAM, SIZES };

struct definition {
    enum kind kind;
    const char *wire;
    const char *labels; /* names, with commas */
    const char *help;
};

static const struct definition definitions[] = {
#define METRIC(name, kind, wire, labels, help) {kind, wire, labels, help},
#include "tables/metrics.def"
#undef METRIC
};

static const char *const kind_names[] = {"counter", "gauge", "histogram", "histogram"};

/* Upper bounds; what is above the last goes under +Inf only. */
static const double seconds_bounds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                        0.1,    0.25,  0.5,    1,     2.5,  5,     10,
                                        30,     60,    300,    1800,  7200};
static const double size_bounds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096};

_Static_assert(ARRAY_LEN(seconds_bounds) < BUCKETS_MAX, "room for +Inf");
_Static_assert(ARRAY_LEN(size_bounds) < BUCKETS_MAX, "room for +Inf");

/* Label values, each with a NUL behind it, so that "a","bc" is not "ab","c". */
struct key {
    char text[LABELS_MAX * (LABEL_LEN_MAX + 1)];
    size_t len;
};

struct series {
    struct list_node link;
    double value;   /* of a gauge */
    int64_t number; /* of a counter; of observations of a histogram */
    double sum;
    uint64_t *buckets; /* not yet added up */
    size_t key_len;
    char key[];
};

struct group {
    pthread_mutex_t mutex;
    struct map *by_key;
    struct list series;
    unsigned labels_len;
    bool has_ns, has_queue; /* as the first label, and the second */
    _Atomic int64_t plain;  /* of a counter without labels */
};

struct metrics {
    struct group groups[METRIC_MAX];
};

static bool is_plain(const struct group *group, enum metric metric)
{
    return group->labels_len == 0 && definitions[metric].kind == COUNTER;
}

static bool is_histogram(enum metric metric)
{
    return definitions[metric].kind == HISTOGRAM || definitions[metric].kind == SIZES;
}

static const double *bounds_of(enum metric metric, unsigned *ret_len)
{
    if (definitions[metric].kind == SIZES) {
        *ret_len = ARRAY_LEN(size_bounds);
        return size_bounds;
    }
    *ret_len = ARRAY_LEN(seconds_bounds);
    return seconds_bounds;
}

static unsigned count_labels(const char *names)
{
    struct bytes rest = bytes_of(names);
    struct bytes name;
    unsigned len = 0;

    while (bytes_split(&rest, ',', &name))
        len++;
    ASSERT(len <= LABELS_MAX);
    return len;
}

struct metrics *metrics_new(void)
{
    struct metrics *metrics = mem_alloc(sizeof(*metrics));

    for (unsigned i = 0; i < METRIC_MAX; i++) {
        struct group *group = &metrics->groups[i];

        ASSERT(pthread_mutex_init(&group->mutex, NULL) == 0);
        group->by_key = map_new();
        list_init(&group->series);
        group->labels_len = count_labels(definitions[i].labels);
        group->has_ns = bytes_starts(bytes_of(definitions[i].labels), "namespace");
        group->has_queue = bytes_starts(bytes_of(definitions[i].labels), "namespace,queue");
    }
    return metrics;
}

static void drop_all(struct group *group)
{
    struct list_node *node;

    while ((node = list_pop_front(&group->series)) != NULL) {
        struct series *series = CONTAINER_OF(node, struct series, link);

        (void)map_remove(group->by_key, (struct bytes){series->key, series->key_len});
        free(series->buckets);
        free(series);
    }
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    for (unsigned i = 0; i < METRIC_MAX; i++) {
        drop_all(&metrics->groups[i]);
        map_free(metrics->groups[i].by_key);
        (void)pthread_mutex_destroy(&metrics->groups[i].mutex);
    }
    free(metrics);
}

static void make_key(const struct group *group, const struct bytes *labels, struct key *ret_key)
{
    ret_key->len = 0;
    for (unsigned i = 0; i < group->labels_len; i++) {
        size_t len = labels[i].len < LABEL_LEN_MAX ? labels[i].len : LABEL_LEN_MAX;

        if (len > 0)
            memcpy(ret_key->text + ret_key->len, labels[i].at, len);
        ret_key->len += len;
        ret_key->text[ret_key->len++] = '\0';
    }
}

static struct series *add_series(struct group *group, enum metric metric, const struct key *key)
{
    struct series *series = mem_alloc(sizeof(*series) + key->len + 1);

    memcpy(series->key, key->text, key->len);
    series->key_len = key->len;
    if (is_histogram(metric))
        series->buckets = mem_alloc(sizeof(uint64_t) * BUCKETS_MAX);
    list_push_back(&group->series, &series->link);
    (void)map_put(group->by_key, (struct bytes){series->key, series->key_len}, series);
    return series;
}

static struct series *find(struct group *group, const struct key *key)
{
    if (key->len == 0) {
        struct list_node *node = list_first(&group->series);

        return node != NULL ? CONTAINER_OF(node, struct series, link) : NULL;
    }
    return map_get(group->by_key, (struct bytes){key->text, key->len});
}

static bool has_room(const struct group *group, size_t max, const struct series *found)
{
    return found != NULL || map_len(group->by_key) < max;
}

/* Under the lock. */
static struct series *find_or_add(struct group *group, enum metric metric,
                                  const struct bytes *labels)
{
    struct bytes other[LABELS_MAX] = {BYTES(METRICS_OTHER), BYTES(METRICS_OTHER),
                                      BYTES(METRICS_OTHER)};
    struct key key;
    struct series *series;

    make_key(group, labels, &key);
    series = find(group, &key);
    if (!has_room(group, SERIES_MAX, series) && group->has_ns) {
        other[0] = labels[0];
        make_key(group, other, &key);
        series = find(group, &key);
        other[0] = BYTES(METRICS_OTHER);
    }
    if (!has_room(group, group->has_ns ? SERIES_MAX + OTHERS_MAX : SERIES_MAX, series)) {
        make_key(group, other, &key);
        series = find(group, &key);
    }
    return series != NULL ? series : add_series(group, metric, &key);
}

void metrics_add(struct metrics *metrics, enum metric metric, const struct bytes *labels,
                 int64_t by)
{
    struct group *group = &metrics->groups[metric];

    ASSERT(definitions[metric].kind == COUNTER);
    if (is_plain(group, metric)) {
        (void)atomic_fetch_add_explicit(&group->plain, by, memory_order_relaxed);
        return;
    }
    (void)pthread_mutex_lock(&group->mutex);
    find_or_add(group, metric, labels)->number += by;
    (void)pthread_mutex_unlock(&group->mutex);
}

void metrics_set(struct metrics *metrics, enum metric metric, const struct bytes *labels,
                 double value)
{
    struct group *group = &metrics->groups[metric];

    ASSERT(definitions[metric].kind == GAUGE);
    (void)pthread_mutex_lock(&group->mutex);
    find_or_add(group, metric, labels)->value = value;
    (void)pthread_mutex_unlock(&group->mutex);
}

void metrics_observe(struct metrics *metrics, enum metric metric, const struct bytes *labels,
                     double value)
{
    struct group *group = &metrics->groups[metric];
    unsigned len = 0;
    unsigned bucket = 0;
    const double *bounds = bounds_of(metric, &len);
    struct series *series;

    ASSERT(is_histogram(metric));
    while (bucket < len && value > bounds[bucket])
        bucket++;
    (void)pthread_mutex_lock(&group->mutex);
    series = find_or_add(group, metric, labels);
    series->buckets[bucket]++;
    series->number++;
    series->sum += value;
    (void)pthread_mutex_unlock(&group->mutex);
}

void metrics_clear(struct metrics *metrics, enum metric metric)
{
    struct group *group = &metrics->groups[metric];

    ASSERT(definitions[metric].kind == GAUGE);
    (void)pthread_mutex_lock(&group->mutex);
    drop_all(group);
    (void)pthread_mutex_unlock(&group->mutex);
}

int64_t metrics_value(struct metrics *metrics, enum metric metric, const struct bytes *labels)
{
    struct group *group = &metrics->groups[metric];
    const struct series *series;
    struct key key;
    int64_t value = 0;

    if (is_plain(group, metric))
        return atomic_load_explicit(&group->plain, memory_order_relaxed);
    make_key(group, labels, &key);
    (void)pthread_mutex_lock(&group->mutex);
    series = find(group, &key);
    if (series != NULL)
        value = definitions[metric].kind == GAUGE ? (int64_t)series->value : series->number;
    (void)pthread_mutex_unlock(&group->mutex);
    return value;
}

/* ---- text ---- */

static void write_number(struct buffer *out, double value)
{
    /* Whole numbers in full: a size in bytes has more digits than %g would show. */
    if (value > -9e15 && value < 9e15 && value == (double)(int64_t)value)
        buffer_append_int(out, (int64_t)value);
    else
        buffer_printf(out, "%.15g", value);
}

static void write_label_value(struct buffer *out, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            buffer_append_char(out, '\\');
        if (*value == '\n')
            buffer_append_text(out, "\\n");
        else
            buffer_append_char(out, *value);
    }
}

/* name{label="value",…,le="bound"} and a blank; le is NULL but for buckets. */
static void write_name(struct buffer *out, enum metric metric, const char *suffix,
                       const struct series *series, const char *le)
{
    struct bytes rest = bytes_of(definitions[metric].labels);
    const char *value = series->key;
    const char *before = "{";
    struct bytes name;

    buffer_append_text(out, definitions[metric].wire);
    buffer_append_text(out, suffix);
    while (bytes_split(&rest, ',', &name)) {
        buffer_append_text(out, before);
        buffer_append(out, name);
        buffer_append_text(out, "=\"");
        write_label_value(out, value);
        buffer_append_char(out, '"');
        value += strlen(value) + 1;
        before = ",";
    }
    if (le != NULL)
        buffer_printf(out, "%sle=\"%s\"", before, le);
    buffer_append_text(out, le != NULL || before[0] == ',' ? "} " : " ");
}

static void write_histogram(struct buffer *out, enum metric metric, const struct series *series)
{
    unsigned len = 0;
    const double *bounds = bounds_of(metric, &len);
    uint64_t below = 0;

    for (unsigned i = 0; i <= len; i++) {
        char le[32] = "+Inf";

        if (i < len)
            (void)snprintf(le, sizeof(le), "%g", bounds[i]);
        below += series->buckets != NULL ? series->buckets[i] : 0;
        write_name(out, metric, "_bucket", series, le);
        buffer_append_int(out, (int64_t)below);
        buffer_append_char(out, '\n');
    }
    write_name(out, metric, "_sum", series, NULL);
    write_number(out, series->sum);
    buffer_append_char(out, '\n');
    write_name(out, metric, "_count", series, NULL);
    buffer_append_int(out, series->number);
    buffer_append_char(out, '\n');
}

static void write_series(struct buffer *out, enum metric metric, const struct series *series)
{
    if (is_histogram(metric)) {
        write_histogram(out, metric, series);
        return;
    }
    write_name(out, metric, "", series, NULL);
    if (definitions[metric].kind == GAUGE)
        write_number(out, series->value);
    else
        buffer_append_int(out, series->number);
    buffer_append_char(out, '\n');
}

static bool shows(const struct metrics_filter *filter, const struct group *group,
                  const struct series *series)
{
    struct bytes ns = bytes_of(series->key);

    if (filter == NULL)
        return true;
    return filter->shows(filter->ctx, ns,
                         group->has_queue ? bytes_of(series->key + ns.len + 1) : BYTES_NONE);
}

static void write_group(struct buffer *out, enum metric metric, struct group *group,
                        const struct metrics_filter *filter)
{
    const struct definition *definition = &definitions[metric];
    struct series nothing = {.number = atomic_load_explicit(&group->plain, memory_order_relaxed)};

    if (filter != NULL && !group->has_ns)
        return;
    buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", definition->wire, definition->help,
                  definition->wire, kind_names[definition->kind]);
    (void)pthread_mutex_lock(&group->mutex);
    /* What needs no label stands there from the start, so that a rate can be taken of its first
     * step. */
    if (group->labels_len == 0 && definition->kind != GAUGE && list_is_empty(&group->series))
        write_series(out, metric, &nothing);
    for (struct list_node *node = list_first(&group->series); node != NULL;
         node = list_next(&group->series, node))
        if (shows(filter, group, CONTAINER_OF(node, struct series, link)))
            write_series(out, metric, CONTAINER_OF(node, struct series, link));
    (void)pthread_mutex_unlock(&group->mutex);
}

void metrics_write(struct metrics *metrics, const struct metrics_filter *filter, struct buffer *out)
{
    for (unsigned i = 0; i < METRIC_MAX; i++)
        write_group(out, (enum metric)i, &metrics->groups[i], filter);
}
