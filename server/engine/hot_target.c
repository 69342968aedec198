/* Hot target: a list in the order of change, so that who asks for changes reads its end. */
#include "hot_target.h"

#include <stdlib.h>

#include "base/memory.h"

void hot_targets_init(struct hot_targets *targets)
{
    *targets = (struct hot_targets){.of_webhook = map_new()};
    list_init(&targets->by_change);
}

void hot_targets_fini(struct hot_targets *targets)
{
    map_free(targets->of_webhook);
}

struct hot_target *hot_target_new(struct hot_targets *targets, const struct target_owner *owner,
                                  void *owned, struct bytes url, int64_t webhook)
{
    struct hot_target *target = mem_alloc(sizeof(*target));

    *target = (struct hot_target){
        .owner = owner,
        .owned = owned,
        .webhook = webhook,
        .url = bytes_keep(url),
        .old_until_ms = -1,
        .health = {.window = 1, .latency_ms = -1, .resumes_at_ms = -1},
    };
    if (webhook > 0)
        (void)map_put_int(targets->of_webhook, (uint64_t)webhook, target);
    hot_target_mark(targets, target);
    return target;
}

void hot_target_free(struct hot_targets *targets, struct hot_target *target)
{
    if (target->webhook > 0)
        (void)map_remove_int(targets->of_webhook, (uint64_t)target->webhook);
    list_remove(&target->by_change);
    bytes_drop(target->url);
    bytes_drop(target->health.error);
    free(target);
}

void hot_target_mark(struct hot_targets *targets, struct hot_target *target)
{
    target->changed = ++targets->last_change;
    list_remove(&target->by_change);
    list_push_back(&targets->by_change, &target->by_change);
}

struct hot_target *hot_target_next(const struct hot_targets *targets,
                                   const struct hot_target *target)
{
    struct list_node *node = list_next(&targets->by_change, &target->by_change);

    return node == NULL ? NULL : CONTAINER_OF(node, struct hot_target, by_change);
}

/* From the end: what changed behind a mark is little. */
struct hot_target *hot_target_after(const struct hot_targets *targets, int64_t mark)
{
    const struct list_node *head = &targets->by_change.head;
    struct hot_target *found = NULL;

    for (struct list_node *node = head->prev; node != head; node = node->prev) {
        struct hot_target *target = CONTAINER_OF(node, struct hot_target, by_change);

        if (target->changed <= mark)
            break;
        found = target;
    }
    return found;
}

void hot_target_note(struct hot_target *target, const struct target_health *health)
{
    struct bytes error = bytes_keep(health->error);

    bytes_drop(target->health.error);
    target->health = *health;
    target->health.error = error;
}

struct hot_target *hot_target_of_webhook(const struct hot_targets *targets, int64_t webhook)
{
    return map_get_int(targets->of_webhook, (uint64_t)webhook);
}
