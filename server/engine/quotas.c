/* Quotas: numbers against numbers; nothing is made here. */
#include "quotas.h"

#include "store/repo_access.h"

enum {
    NAMESPACES_MAX = 1000,
    QUEUES_MAX = 10000,
    CLASSES_MAX = 10000,
    WORKERS_MAX = 100000,
    TOKENS_MAX = 10000,
};

static int64_t bound(int64_t configured, int64_t otherwise)
{
    return configured > 0 ? configured : otherwise;
}

void intake_add_queue(struct intake *intake, const struct hot_ns *ns, struct bytes queue)
{
    const struct hot_queue *known = ns == NULL ? NULL : map_get(ns->queues, queue);

    intake->queue_names += known == NULL;
    intake->queues += known == NULL || !queue_exists(known);
}

void intake_add_class(struct intake *intake, const struct hot_ns *ns, struct bytes type,
                      struct bytes requires)
{
    intake->classes += ns == NULL || !hot_knows_class(ns, type, requires);
}

/* ---- the broker's bounds ---- */

static bool fits_bounds(const struct batch *batch, struct bytes name, const struct hot_ns *ns,
                        const struct intake *intake, struct error *error)
{
    const struct engine_bounds *bounds = &batch->engine->options.bounds;
    int64_t namespaces_max = bound(bounds->namespaces_max, NAMESPACES_MAX);
    int64_t queues_max = bound(bounds->queues_max, QUEUES_MAX);
    int64_t classes_max = bound(bounds->classes_max, CLASSES_MAX);
    int64_t queues = ns == NULL ? 0 : (int64_t)map_len(ns->queues);
    int64_t classes = ns == NULL ? 0 : (int64_t)map_len(ns->classes);

    if (ns == NULL && (int64_t)map_len(batch->hot->namespaces) >= namespaces_max)
        (void)error_set(error, ERR_LIMIT_REACHED, "",
                        "the namespace %.*s would be one too many: the broker's namespaces_max is "
                        "%lld",
                        BYTES_ARG(name), (long long)namespaces_max);
    else if (intake->queue_names > 0 && queues + intake->queue_names > queues_max)
        (void)error_set(error, ERR_LIMIT_REACHED, "/queue",
                        "the namespace %.*s can have no other queue: the broker's queues_max is "
                        "%lld, deleted ones included",
                        BYTES_ARG(name), (long long)queues_max);
    else if (intake->classes > 0 && classes + intake->classes > classes_max)
        (void)error_set(
            error, ERR_LIMIT_REACHED, "/type",
            "the namespace %.*s can have no other type or demands: the broker's classes_max is "
            "%lld",
            BYTES_ARG(name), (long long)classes_max);
    else
        return true;
    return false;
}

bool quota_admits_token(struct batch *batch, struct command *command)
{
    int64_t tokens_max = bound(batch->engine->options.bounds.tokens_max, TOKENS_MAX);

    if (token_count(batch->db, tokens_max) < tokens_max)
        return true;
    batch_refuse(batch, command, ERR_LIMIT_REACHED, "",
                 "no other token can be made: the broker's tokens_max is %lld; revoke one",
                 (long long)tokens_max);
    return false;
}

bool quota_admits_worker(struct batch *batch, struct command *command)
{
    int64_t workers_max = bound(batch->engine->options.bounds.workers_max, WORKERS_MAX);

    if ((int64_t)map_len(batch->hot->workers) < workers_max)
        return true;
    batch_refuse(batch, command, ERR_LIMIT_REACHED, "",
                 "no other worker can register: the broker's workers_max is %lld",
                 (long long)workers_max);
    return false;
}

/* ---- the namespace's quotas ---- */

static bool is_over(int64_t limit, int64_t held, int64_t more)
{
    return more > 0 && held + more > limit;
}

static bool fits_quotas(const struct hot_ns *ns, const struct intake *intake, struct error *error)
{
    const struct ns_quotas *quotas = &ns->quotas;

    if (intake->queues > 0 && quotas->queues_limit >= 0 &&
        is_over(quotas->queues_limit, hot_ns_queues(ns), intake->queues))
        (void)error_set(error, ERR_LIMIT_REACHED, "/queue",
                        "the namespace %.*s can have no other queue: its queues_limit is %lld",
                        BYTES_ARG(ns->name), (long long)quotas->queues_limit);
    else if (quotas->pending_limit >= 0 &&
             is_over(quotas->pending_limit, hot_ns_pending(ns), intake->tasks))
        (void)error_set(error, ERR_LIMIT_REACHED, "/queue",
                        "the namespace %.*s is full: its pending_limit is %lld",
                        BYTES_ARG(ns->name), (long long)quotas->pending_limit);
    else if (quotas->bytes_limit >= 0 &&
             is_over(quotas->bytes_limit, hot_ns_bytes(ns), intake->bytes))
        (void)error_set(error, ERR_LIMIT_REACHED, "/payload",
                        "the namespace %.*s keeps %lld bytes: its bytes_limit is %lld",
                        BYTES_ARG(ns->name), (long long)hot_ns_bytes(ns),
                        (long long)quotas->bytes_limit);
    else
        return true;
    return false;
}

bool quota_is_short_of_classes(const struct batch *batch, const struct hot_ns *ns)
{
    int64_t classes_max = bound(batch->engine->options.bounds.classes_max, CLASSES_MAX);

    return ns != NULL && (int64_t)map_len(ns->classes) >= classes_max;
}

bool quota_fits(const struct batch *batch, struct bytes name, const struct hot_ns *ns,
                const struct intake *intake, struct error *ret_error)
{
    return fits_bounds(batch, name, ns, intake, ret_error) &&
           (ns == NULL || fits_quotas(ns, intake, ret_error));
}

bool quota_allows(const struct batch *batch, struct bytes name, const struct intake *intake,
                  struct error *ret_error)
{
    return quota_fits(batch, name, hot_ns(batch->hot, name, false), intake, ret_error);
}

bool quota_admits(struct batch *batch, struct command *command, const struct intake *intake)
{
    if (quota_allows(batch, command->ns, intake, &command->reply.error))
        return true;
    batch_answer(batch, command);
    return false;
}

/* ---- its rate ---- */

static void nothing(struct engine *engine, struct effect *effect)
{
    (void)engine;
    (void)effect;
}

static void give_back(struct effect *effect)
{
    struct hot_ns *ns = effect->object;

    rate_bucket_give_back(&ns->submits, (double)effect->number);
}

static bool too_fast(struct command *command, const struct hot_ns *ns, int64_t wait_ms,
                     struct error *error)
{
    const struct rate_limit *rate = &ns->quotas.rate;

    if (wait_ms == INT64_MAX) {
        (void)error_set(error, ERR_LIMIT_REACHED, "",
                        "the namespace %.*s takes at most %.15g tasks at once: the burst of its "
                        "rate",
                        BYTES_ARG(ns->name), rate->burst);
        return false;
    }
    command->reply.retry_after_ms = wait_ms;
    (void)error_set(error, ERR_RATE_LIMITED, "",
                    "the namespace %.*s takes %.15g tasks in %.15g s: its rate",
                    BYTES_ARG(ns->name), rate->units, rate->period_s);
    return false;
}

bool quota_charge(struct batch *batch, struct command *command, struct hot_ns *ns, int64_t tasks,
                  struct error *ret_error)
{
    int64_t wait_ms = 0;

    if (ns == NULL || ns->quotas.rate.units <= 0)
        return true;
    if (!rate_bucket_take(&ns->submits, &ns->quotas.rate, (double)tasks, batch->now.mono_ms,
                          &wait_ms))
        return too_fast(command, ns, wait_ms, ret_error);

    struct effect *effect = batch_effect(batch, nothing);

    effect->cancel = give_back;
    effect->object = ns;
    effect->number = tasks;
    return true;
}
