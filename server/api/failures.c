/* Failures: wrong tokens by the address that sent them. */
#include "api/failures.h"

#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP_LEN_MAX = 48, REPORT_EVERY_MS = 60000, REPORTS_MAX = 10 };

struct sender {
    struct list_node link; /* of recent: who failed last stands last */
    char group[GROUP_LEN_MAX];
    size_t group_len;
    char address[GROUP_LEN_MAX]; /* as it came last */
    struct rate_bucket bucket;
    unsigned unreported;
    int64_t reported_at_mono_ms; /* -1: never */
};

static_assert(sizeof(((struct failures_rest *)0)->address) == GROUP_LEN_MAX, "they are copied");

struct failures {
    struct map *by_group;
    struct list recent;
    unsigned max;
    int64_t reports_since_mono_ms;
    unsigned reports;    /* in the minute since then */
    uint64_t unreported; /* of all of them */
};

struct failures *failures_new(unsigned addresses_max)
{
    struct failures *failures = mem_alloc(sizeof(*failures));

    failures->by_group = map_new();
    failures->max = addresses_max;
    list_init(&failures->recent);
    return failures;
}

void failures_free(struct failures *failures)
{
    struct list_node *node;

    if (failures == NULL)
        return;
    while ((node = list_pop_front(&failures->recent)) != NULL)
        free(CONTAINER_OF(node, struct sender, link));
    map_free(failures->by_group);
    free(failures);
}

/* What counts as one sender: the address as it is, of IPv6 its first half. */
static struct bytes group_of(struct bytes address, char ret_group[GROUP_LEN_MAX])
{
    struct in6_addr v6;
    size_t len = address.len < GROUP_LEN_MAX ? address.len : GROUP_LEN_MAX - 1;

    if (len > 0)
        memcpy(ret_group, address.at, len);
    ret_group[len] = '\0';
    if (memchr(ret_group, ':', len) != NULL && inet_pton(AF_INET6, ret_group, &v6) == 1 &&
        !IN6_IS_ADDR_V4MAPPED(&v6)) {
        len = sizeof(v6) / 2;
        memcpy(ret_group, &v6, len);
    }
    return (struct bytes){ret_group, len};
}

static struct sender *find(const struct failures *failures, struct bytes address)
{
    char group[GROUP_LEN_MAX];

    return map_len(failures->by_group) > 0 ? map_get(failures->by_group, group_of(address, group))
                                           : NULL;
}

static void forget_oldest(struct failures *failures)
{
    struct sender *oldest = CONTAINER_OF(list_pop_front(&failures->recent), struct sender, link);

    map_remove(failures->by_group, (struct bytes){oldest->group, oldest->group_len});
    failures->unreported -= oldest->unreported;
    free(oldest);
}

static void keep_address(struct sender *sender, struct bytes address)
{
    size_t len = address.len < GROUP_LEN_MAX ? address.len : GROUP_LEN_MAX - 1;

    if (len > 0)
        memcpy(sender->address, address.at, len);
    sender->address[len] = '\0';
}

static struct sender *find_or_add(struct failures *failures, struct bytes address)
{
    struct sender *sender = find(failures, address);

    if (sender != NULL) {
        list_remove(&sender->link);
    } else {
        if (map_len(failures->by_group) >= failures->max)
            forget_oldest(failures);
        sender = mem_alloc(sizeof(*sender));
        sender->reported_at_mono_ms = -1;
        sender->group_len = group_of(address, sender->group).len;
        map_put(failures->by_group, (struct bytes){sender->group, sender->group_len}, sender);
    }
    list_push_back(&failures->recent, &sender->link);
    keep_address(sender, address);
    return sender;
}

bool failures_are_too_many(const struct failures *failures, struct bytes address,
                           const struct rate_limit *limit, int64_t now_mono_ms,
                           int64_t *ret_wait_ms)
{
    const struct sender *sender = find(failures, address);
    struct rate_bucket bucket;

    if (sender == NULL)
        return false;
    bucket = sender->bucket; /* only looked at: a copy pays */
    return !rate_bucket_take(&bucket, limit, 1, now_mono_ms, ret_wait_ms);
}

bool failures_add(struct failures *failures, struct bytes address, const struct rate_limit *limit,
                  int64_t now_mono_ms, int64_t *ret_wait_ms)
{
    struct sender *sender = find_or_add(failures, address);

    sender->unreported++;
    failures->unreported++;
    return rate_bucket_take(&sender->bucket, limit, 1, now_mono_ms, ret_wait_ms);
}

void failures_count(struct failures *failures, struct bytes address)
{
    find_or_add(failures, address)->unreported++;
    failures->unreported++;
}

/* ---- for the record ---- */

static bool is_due(struct failures *failures, const struct sender *sender, int64_t now_mono_ms)
{
    if (sender->unreported == 0 || (sender->reported_at_mono_ms >= 0 &&
                                    now_mono_ms - sender->reported_at_mono_ms < REPORT_EVERY_MS))
        return false;
    if (now_mono_ms - failures->reports_since_mono_ms >= REPORT_EVERY_MS) {
        failures->reports_since_mono_ms = now_mono_ms;
        failures->reports = 0;
    }
    return failures->reports < REPORTS_MAX;
}

static unsigned take(struct failures *failures, struct sender *sender, int64_t now_mono_ms)
{
    unsigned count = sender->unreported;

    failures->reports++;
    failures->unreported -= count;
    sender->reported_at_mono_ms = now_mono_ms;
    sender->unreported = 0;
    return count;
}

unsigned failures_take_report(struct failures *failures, struct bytes address, int64_t now_mono_ms)
{
    struct sender *sender = find(failures, address);

    return sender != NULL && is_due(failures, sender, now_mono_ms)
               ? take(failures, sender, now_mono_ms)
               : 0;
}

bool failures_take_rest(struct failures *failures, int64_t now_mono_ms, bool is_end,
                        struct failures_rest *ret_rest)
{
    struct list_node *node = failures->unreported > 0 ? list_first(&failures->recent) : NULL;

    for (; node != NULL; node = list_next(&failures->recent, node)) {
        struct sender *sender = CONTAINER_OF(node, struct sender, link);

        if (!(is_end ? sender->unreported > 0 : is_due(failures, sender, now_mono_ms)))
            continue;
        memcpy(ret_rest->address, sender->address, sizeof(ret_rest->address));
        ret_rest->count = take(failures, sender, now_mono_ms);
        return true;
    }
    return false;
}
