/* Hot names: namespaces, queues, classes and workers as objects with numbers. */
#include "hot_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "domain/labels.h"
#include "fair.h"
#include "hot_affinity.h"
#include "hot_line.h"
#include "push_workers.h"
#include "skill.h"

/* A type, a newline, "@", an id, a newline, labels. */
enum { CLASS_KEY_MAX = 255 + ID_TEXT_LEN + 3 + LABELS_TEXT_MAX };

static void worker_find_skill(struct hot *hot, struct hot_worker *worker);

static struct hot_ns *add_ns(struct hot *hot, int64_t number, struct bytes name, bool is_saved)
{
    struct hot_ns *ns = mem_alloc(sizeof(*ns));

    ns->head = (struct hot_name){.number = number, .is_saved = is_saved};
    ns->name = bytes_keep(name);
    ns->version = 1;
    ns->quotas = ns_quotas_default();
    ns->queues = map_new();
    ns->classes = map_new();
    ns_limits_init(&ns->limits);
    ns->schedules = map_new();
    list_init(&ns->webhooks);
    list_init(&ns->workers);
    (void)map_put(hot->namespaces, ns->name, ns);
    if (number > hot->last_ns)
        hot->last_ns = number;
    return ns;
}

struct hot_ns *hot_ns(struct hot *hot, struct bytes name, bool make)
{
    struct hot_ns *ns = map_get(hot->namespaces, name);

    return ns != NULL || !make ? ns : add_ns(hot, hot->last_ns + 1, name, false);
}

struct hot_ns *hot_load_ns(struct hot *hot, const struct ns_row *row)
{
    struct hot_ns *ns = add_ns(hot, row->number, row->name, true);

    ns->version = row->version;
    ns->quotas = row->quotas;
    return ns;
}

bool ns_exists(const struct hot_ns *ns)
{
    return ns->head.is_saved || ns->head.is_saving;
}

struct hot_ns *hot_ns_numbered(const struct hot *hot, int64_t number)
{
    struct hot_ns *ns;

    for (size_t at = 0; (ns = map_each(hot->namespaces, &at)) != NULL;)
        if (ns->head.number == number)
            return ns;
    return NULL;
}

static struct hot_queue *add_queue(struct hot *hot, struct hot_ns *ns, int64_t number,
                                   struct bytes name)
{
    struct hot_queue *queue = mem_alloc(sizeof(*queue));

    queue->head = (struct hot_name){.number = number, .existing = &ns->queues_existing};
    queue->ns = ns;
    queue->name = bytes_keep(name);
    queue->settings = queue_default();
    queue->close_cancel_at_ms = queue->close_end_at_ms = -1;
    queue->shelves_by_class = map_new();
    queue->keyed_lines = map_new();
    queue->affinities = map_new();
    list_init(&queue->affinities_ready);
    queue->levels = map_new();
    list_init(&queue->changed);
    list_init(&queue->watches);
    list_init(&queue->held);
    list_init(&queue->closers);
    list_init(&queue->purgers);
    for (int kind = 0; kind < RETENTION_KINDS; kind++)
        queue->kept.oldest_ms[kind] = INT64_MAX;
    (void)map_put(ns->queues, queue->name, queue);
    (void)map_put_int(hot->queues, (uint64_t)number, queue);
    if (number > hot->last_queue)
        hot->last_queue = number;
    return queue;
}

bool queue_exists(const struct hot_queue *queue)
{
    return queue->closing != QUEUE_HIDDEN && (queue->head.is_saved || queue->head.is_saving);
}

struct hot_queue *hot_queue(struct hot *hot, struct hot_ns *ns, struct bytes name,
                            int64_t make_at_ms)
{
    struct hot_queue *queue = map_get(ns->queues, name);

    if (queue != NULL && queue_exists(queue))
        return queue;
    if (make_at_ms < 0)
        return NULL;
    if (queue == NULL)
        queue = add_queue(hot, ns, hot->last_queue + 1, name);
    if (queue->closing == QUEUE_HIDDEN || queue->version == 0)
        queue->version++;
    queue->closing = QUEUE_OPEN;
    queue->created_at_ms = make_at_ms;
    queue->head.is_saved = false;
    return queue;
}

void hot_close_queue(struct hot_queue *queue, enum queue_closing closing)
{
    bool existed = queue_exists(queue);

    queue->closing = closing;
    if (existed && !queue_exists(queue))
        queue->ns->queues_existing--;
}

struct hot_queue *hot_load_queue(struct hot *hot, const struct queue_row *row)
{
    struct hot_queue *queue = add_queue(hot, hot_ns_numbered(hot, row->ns), row->number, row->name);

    queue->head.is_saved = true;
    queue->ns->queues_existing++;
    queue->version = row->version;
    queue->created_at_ms = row->created_at_ms;
    hot_close_queue(queue, (enum queue_closing)row->closed);
    queue->close_cancel_at_ms = row->close_cancel_at_ms;
    queue->close_end_at_ms = row->close_end_at_ms;
    /* A deleted one comes back with none of its old settings. */
    if (queue->closing == QUEUE_HIDDEN)
        return queue;
    queue->settings = row->settings;
    queue->settings.retry.non_retryable = bytes_keep(row->settings.retry.non_retryable);
    queue->settings.dead_letter_queue = bytes_keep(row->settings.dead_letter_queue);
    return queue;
}

static struct bytes class_key(struct bytes type, struct bytes requires, char *room,
                              size_t room_size)
{
    ASSERT(type.len + requires.len + 1 <= room_size);
    if (type.len > 0)
        memcpy(room, type.at, type.len);
    room[type.len] = '\n';
    if (requires.len > 0)
        memcpy(room + type.len + 1, requires.at, requires.len);
    return (struct bytes){room, type.len + 1 + requires.len};
}

/* Worker and class meet in whatever order they come: a pin makes the worker one of its own kind. */
static void note_pin(struct hot *hot, struct hot_class *of_class)
{
    struct id id;
    struct hot_worker *worker;

    if (of_class->pin.len == 0 || map_put(hot->pinned, of_class->pin, of_class) != NULL)
        return;
    worker = id_parse(of_class->pin, &id) ? hot_worker(hot, id) : NULL;
    if (worker != NULL)
        worker_find_skill(hot, worker);
}

static struct hot_class *add_class(struct hot *hot, struct hot_ns *ns, int64_t number,
                                   struct bytes key, size_t type_len)
{
    struct hot_class *of_class = mem_alloc(sizeof(*of_class));

    of_class->head.number = number;
    of_class->ns = ns;
    of_class->key = bytes_keep(key);
    of_class->type = (struct bytes){of_class->key.at, type_len};
    of_class->requires = (struct bytes){of_class->key.at + type_len + 1, key.len - type_len - 1};
    of_class->demands = labels_of_class(of_class->requires, &of_class->pin);
    (void)map_put(ns->classes, of_class->key, of_class);
    (void)map_put_int(hot->classes, (uint64_t)number, of_class);
    if (number > hot->last_class)
        hot->last_class = number;
    note_pin(hot, of_class);
    return of_class;
}

bool hot_knows_class(const struct hot_ns *ns, struct bytes type, struct bytes requires)
{
    char room[CLASS_KEY_MAX];

    return map_get(ns->classes, class_key(type, requires, room, sizeof(room))) != NULL;
}

struct hot_class *hot_class(struct hot *hot, struct hot_ns *ns, struct bytes type,
                            struct bytes requires)
{
    char room[CLASS_KEY_MAX];
    struct bytes key = class_key(type, requires, room, sizeof(room));
    struct hot_class *of_class = map_get(ns->classes, key);

    return of_class != NULL ? of_class : add_class(hot, ns, hot->last_class + 1, key, type.len);
}

struct hot_class *hot_load_class(struct hot *hot, const struct class_row *row)
{
    char room[CLASS_KEY_MAX];
    struct bytes key = class_key(row->type, row->requires, room, sizeof(room));
    struct hot_class *of_class =
        add_class(hot, hot_ns_numbered(hot, row->ns), row->number, key, row->type.len);

    of_class->head.is_saved = true;
    return of_class;
}

struct hot_queue *hot_queue_numbered(const struct hot *hot, int64_t number)
{
    return map_get_int(hot->queues, (uint64_t)number);
}

struct hot_class *hot_class_numbered(const struct hot *hot, int64_t number)
{
    return map_get_int(hot->classes, (uint64_t)number);
}

struct hot_shelf *hot_shelf(struct hot_queue *queue, struct hot_class *of_class)
{
    struct hot_shelf *shelf = map_get_int(queue->shelves_by_class, (uint64_t)of_class->head.number);

    if (shelf != NULL)
        return shelf;
    shelf = mem_alloc(sizeof(*shelf));
    (void)map_put_int(queue->shelves_by_class, (uint64_t)of_class->head.number, shelf);
    shelf->queue = queue;
    shelf->of_class = of_class;
    shelf->plain_lines = map_new();
    queue->shelves =
        mem_resize(queue->shelves, (queue->shelves_len + 1) * sizeof(struct hot_shelf *));
    queue->shelves[queue->shelves_len++] = shelf;
    return shelf;
}

static struct hot_queue **find_queues(struct hot *hot, struct hot_ns *ns, struct bytes names,
                                      int64_t at_ms, unsigned *ret_len)
{
    struct hot_queue **queues = mem_alloc((names.len + 1) * sizeof(struct hot_queue *));
    struct bytes name;
    unsigned len = 0;

    while (bytes_split(&names, '\n', &name))
        if (name.len > 0)
            queues[len++] = hot_queue(hot, ns, name, at_ms);
    *ret_len = len;
    return queues;
}

static struct bytes *split_types(struct bytes types, unsigned *ret_len)
{
    struct bytes *list = mem_alloc((types.len + 1) * sizeof(*list)), type;
    unsigned len = 0;

    while (bytes_split(&types, '\n', &type))
        if (type.len > 0)
            list[len++] = bytes_keep(type);
    *ret_len = len;
    return list;
}

static void worker_find_skill(struct hot *hot, struct hot_worker *worker)
{
    char id[ID_TEXT_LEN + 1];
    struct skill *before = worker->skill;
    bool is_pinned;

    id_format(worker->id, id);
    is_pinned = map_get(hot->pinned, bytes_of(id)) != NULL;
    worker->skill = skill_take(hot->skills, &(struct skill_parts){
                                                .types = worker->types,
                                                .types_len = worker->types_len,
                                                .labels = worker->labels,
                                                .pin = is_pinned ? bytes_of(id) : BYTES_NONE,
                                            });
    if (before != NULL)
        skill_drop(hot->skills, before);
}

static void take_settings(struct hot *hot, struct hot_worker *worker, const struct worker_row *row)
{
    worker->identity = bytes_keep(row->identity);
    worker->instance = bytes_keep(row->instance);
    worker->version = bytes_keep(row->version);
    worker->info = bytes_keep(row->info);
    worker->labels = bytes_keep(row->labels);
    worker->queues =
        find_queues(hot, worker->ns, row->queues, row->registered_at_ms, &worker->queues_len);
    worker->types = split_types(row->types, &worker->types_len);
    worker->concurrency = row->concurrency;
    worker->min_priority = (int32_t)row->min_priority;
    worker_find_skill(hot, worker);
    worker->confirm_ms = row->confirm_ms;
    worker->mode = (enum worker_mode)row->mode;
}

static void drop_settings(struct hot_worker *worker)
{
    bytes_drop(worker->identity);
    bytes_drop(worker->instance);
    bytes_drop(worker->version);
    bytes_drop(worker->info);
    bytes_drop(worker->labels);
    for (unsigned i = 0; i < worker->types_len; i++)
        bytes_drop(worker->types[i]);
    free(worker->types);
    free(worker->queues);
}

struct hot_worker *hot_add_worker(struct hot *hot, const struct worker_row *row,
                                  int64_t now_mono_ms)
{
    struct hot_worker *worker = mem_alloc(sizeof(*worker));

    worker->id = row->id;
    worker->ns = hot_ns_numbered(hot, row->ns);
    take_settings(hot, worker, row);
    worker->registered_at_ms = row->registered_at_ms;
    worker->last_seen_at_ms = row->last_seen_at_ms;
    worker->last_seen_mono_ms = now_mono_ms;
    worker->ns->workers_len++;
    list_push_back(&worker->ns->workers, &worker->by_ns);
    list_init(&worker->leases);
    list_init(&worker->claims);
    list_init(&worker->heartbeats);
    list_init(&worker->affinities);
    list_init(&worker->affinities_ready);
    (void)map_put(hot->workers, (struct bytes){(const char *)worker->id.at, sizeof(worker->id.at)},
                  worker);
    if (row->push_url.at != NULL)
        worker->target = push_worker_target(hot, worker, row);
    return worker;
}

void hot_set_worker(struct hot *hot, struct hot_worker *worker, const struct worker_row *row)
{
    affinities_leave(hot, worker);
    drop_settings(worker);
    take_settings(hot, worker, row);
}

void hot_free_worker(struct hot *hot, struct hot_worker *worker)
{
    skill_drop(hot->skills, worker->skill);
    drop_settings(worker);
    if (worker->target != NULL)
        hot_target_free(&hot->targets, worker->target);
    free(worker);
}

void hot_drop_worker(struct hot *hot, struct hot_worker *worker)
{
    struct list_node *node;

    while ((node = list_pop_front(&worker->leases)) != NULL)
        CONTAINER_OF(node, struct hot_lease, by_worker)->worker = NULL;
    /* Answered by the same batch, and not yet handed over. */
    while (list_pop_front(&worker->claims) != NULL || list_pop_front(&worker->heartbeats) != NULL)
        ;
    affinities_leave(hot, worker);
    worker->ns->workers_len--;
    list_remove(&worker->by_ns);
    list_remove(&worker->dirty);
    heap_remove(&hot->workers_silent, &worker->silence);
    (void)map_remove(hot->workers,
                     (struct bytes){(const char *)worker->id.at, sizeof(worker->id.at)});
    hot_free_worker(hot, worker);
}

static void free_queue(struct hot_queue *queue)
{
    hot_free_lines(queue);
    hot_free_affinities(queue);
    hot_free_levels(queue);
    for (unsigned i = 0; i < queue->shelves_len; i++) {
        map_free(queue->shelves[i]->plain_lines);
        free(queue->shelves[i]);
    }
    free(queue->shelves);
    map_free(queue->shelves_by_class);
    free(queue->abandoned);
    bytes_drop(queue->settings.retry.non_retryable);
    bytes_drop(queue->settings.dead_letter_queue);
    bytes_drop(queue->name);
    free(queue);
}

void hot_free_names(struct hot *hot)
{
    struct hot_ns *ns;
    struct hot_queue *queue;
    struct hot_class *of_class;

    for (size_t at = 0; (queue = map_each(hot->queues, &at)) != NULL;)
        free_queue(queue);
    for (size_t at = 0; (of_class = map_each(hot->classes, &at)) != NULL;) {
        bytes_drop(of_class->key);
        free(of_class);
    }
    for (size_t at = 0; (ns = map_each(hot->namespaces, &at)) != NULL;) {
        map_free(ns->queues);
        map_free(ns->classes);
        ns_limits_fini(&ns->limits);
        map_free(ns->schedules);
        bytes_drop(ns->name);
        free(ns);
    }
}
