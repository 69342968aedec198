/* Quotas: numbers against numbers; nothing is made here. */
#include "quotas.h"

#include "reach.h"

#include "store/repo_access.h"

enum {
    NAMESPACES_MAX = 1000,
    QUEUES_MAX = 10000,
    CLASSES_MAX = 10000,
    WORKERS_MAX = 100000,
    TOKENS_MAX = 10000,
    LIMITS_MAX = 100000,
    LINES_MAX = 200000,
    SCHEDULES_MAX = 100000,
    WEBHOOKS_MAX = 10000,
    NS_WEBHOOKS_MAX = 100, /* each event is held against all of its namespace's */
    DELIVERIES_MAX = 100000,
};

static int64_t bound(int64_t configured, int64_t otherwise)
{
    return configured > 0 ? configured : otherwise;
}

/* An eighth is kept for those whom nothing binds, so that no tenant can spend what belongs to all.
 */
static int64_t share_of(int64_t most, bool is_bound)
{
    return is_bound ? most - (most + 7) / 8 : most;
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

/* The default one is everybody's and always has its place. */
static bool fits_namespaces(const struct batch *batch, const struct command *command,
                            struct bytes name)
{
    int64_t most = bound(batch->engine->options.bounds.namespaces_max, NAMESPACES_MAX);
    bool is_bound = !globs_are_all(command->by->grant.ns);

    return (int64_t)map_len(batch->hot->namespaces) < share_of(most, is_bound) ||
           bytes_is(name, "default");
}

static bool fits_bounds(const struct batch *batch, const struct command *command, struct bytes name,
                        const struct hot_ns *ns, const struct intake *intake, struct error *error)
{
    const struct engine_bounds *bounds = &batch->engine->options.bounds;
    bool is_bound = !reaches_all_queues(command);
    int64_t queues_max = share_of(bound(bounds->queues_max, QUEUES_MAX), is_bound);
    int64_t classes_max = share_of(bound(bounds->classes_max, CLASSES_MAX), is_bound);
    int64_t queues = ns == NULL ? 0 : (int64_t)map_len(ns->queues);
    int64_t classes = ns == NULL ? 0 : (int64_t)map_len(ns->classes);

    if (ns == NULL && !fits_namespaces(batch, command, name))
        (void)error_set(error, ERR_LIMIT_REACHED, "",
                        "the namespace %.*s would be one too many: the broker's namespaces_max is "
                        "%lld, and an eighth of it is for tokens of every namespace",
                        BYTES_ARG(name), (long long)bound(bounds->namespaces_max, NAMESPACES_MAX));
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
    int64_t tokens_max = share_of(bound(batch->engine->options.bounds.tokens_max, TOKENS_MAX),
                                  !grant_is_unbounded(&command->by->grant));

    if (token_count(batch->db, tokens_max) < tokens_max)
        return true;
    batch_refuse(batch, command, ERR_LIMIT_REACHED, "",
                 "no other token can be made: the broker's tokens_max is %lld; revoke one",
                 (long long)tokens_max);
    return false;
}

bool quota_admits_schedule(struct batch *batch, struct command *command)
{
    int64_t schedules_max = bound(batch->engine->options.bounds.schedules_max, SCHEDULES_MAX);
    bool is_bound = !grant_is_unbounded(&command->by->grant);

    if (batch->hot->schedules.len < share_of(schedules_max, is_bound))
        return true;
    batch_refuse(batch, command, ERR_LIMIT_REACHED, "",
                 "no other schedule can be made: the broker's schedules_max is %lld",
                 (long long)schedules_max);
    return false;
}

static int webhooks_of(const struct hot_ns *ns)
{
    int len = 0;

    for (struct list_node *node = ns == NULL ? NULL : list_first(&ns->webhooks); node != NULL;
         node = list_next(&ns->webhooks, node))
        len++;
    return len;
}

bool quota_admits_webhook(struct batch *batch, struct command *command)
{
    int64_t webhooks_max = bound(batch->engine->options.bounds.webhooks_max, WEBHOOKS_MAX);
    bool is_bound = !grant_is_unbounded(&command->by->grant);

    if (webhooks_of(hot_ns(batch->hot, command->ns, false)) >= NS_WEBHOOKS_MAX)
        batch_refuse(batch, command, ERR_LIMIT_REACHED, "",
                     "no other webhook can be made: the namespace %.*s has %d, and none has more",
                     BYTES_ARG(command->ns), NS_WEBHOOKS_MAX);
    else if (batch->hot->webhooks.len >= share_of(webhooks_max, is_bound))
        batch_refuse(batch, command, ERR_LIMIT_REACHED, "",
                     "no other webhook can be made: the broker's webhooks_max is %lld",
                     (long long)webhooks_max);
    else
        return true;
    return false;
}

int64_t quota_deliveries(const struct batch *batch)
{
    return bound(batch->engine->options.bounds.deliveries_max, DELIVERIES_MAX);
}

/* A bound token's namespace has at most half of them, so that there is room for another's. */
bool quota_admits_worker(struct batch *batch, struct command *command)
{
    int64_t workers_max = bound(batch->engine->options.bounds.workers_max, WORKERS_MAX);
    const struct hot_ns *ns = hot_ns(batch->hot, command->ns, false);
    bool is_bound = !grant_is_unbounded(&command->by->grant);

    if ((int64_t)map_len(batch->hot->workers) < share_of(workers_max, is_bound) &&
        (!is_bound || ns == NULL || ns->workers_len < (workers_max + 1) / 2))
        return true;
    batch_refuse(batch, command, ERR_LIMIT_REACHED, "",
                 "no other worker can register: the broker's workers_max is %lld",
                 (long long)workers_max);
    return false;
}

bool quota_admits_limit(struct batch *batch, struct command *command)
{
    int64_t limits_max = share_of(bound(batch->engine->options.bounds.limits_max, LIMITS_MAX),
                                  !grant_is_unbounded(&command->by->grant));

    if (batch->hot->limits_len < limits_max)
        return true;
    batch_refuse(batch, command, ERR_LIMIT_REACHED, "",
                 "no other limit can be declared: the broker's limits_max is %lld; a rule, NAME*, "
                 "serves any number of names",
                 (long long)limits_max);
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

/* Names for which nothing is declared cost memory as well. What is there already may be used again
 * once others have gone. */
bool quota_has_line(const struct batch *batch, const struct task_rules *rules,
                    struct error *ret_error)
{
    int64_t lines_max = bound(batch->engine->options.bounds.lines_max, LINES_MAX);

    if ((rules->limits.len == 0 && rules->affinity.at == NULL) ||
        ((int64_t)map_len(batch->hot->lines) < lines_max &&
         (rules->limits.len == 0 || batch->hot->limit_names < lines_max)))
        return true;
    (void)error_set(
        ret_error, ERR_LIMIT_REACHED, rules->limits.len > 0 ? "/limits" : "/affinity",
        "unfinished tasks have too many different limits, or sets of them, or affinities: the "
        "broker's lines_max is %lld",
        (long long)lines_max);
    return false;
}

bool quota_fits(const struct batch *batch, const struct command *command, struct bytes name,
                const struct hot_ns *ns, const struct intake *intake, struct error *ret_error)
{
    return fits_bounds(batch, command, name, ns, intake, ret_error) &&
           (ns == NULL || fits_quotas(ns, intake, ret_error));
}

bool quota_allows(const struct batch *batch, const struct command *command, struct bytes name,
                  const struct intake *intake, struct error *ret_error)
{
    return quota_fits(batch, command, name, hot_ns(batch->hot, name, false), intake, ret_error);
}

bool quota_admits(struct batch *batch, struct command *command, const struct intake *intake)
{
    if (quota_allows(batch, command, command->ns, intake, &command->reply.error))
        return true;
    batch_answer(batch, command);
    return false;
}

/* ---- its rate ---- */

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

    struct effect *effect = batch_on_undo(batch, give_back);

    effect->object = ns;
    effect->number = tasks;
    return true;
}
