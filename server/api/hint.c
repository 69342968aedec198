/* Hint: which known name a misspelt or foreign one was probably meant to be. */
#include "codec.h"

#include "domain/event.h"

#include <string.h>

enum { HINT_LEN_MAX = 32 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many letters must be added, dropped or changed to turn a into b. */
static unsigned distance(struct bytes a, struct bytes b)
{
    unsigned row[HINT_LEN_MAX + 1];

    for (unsigned j = 0; j <= b.len; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned kept = diagonal + (a.at[i - 1] != b.at[j - 1]);

            diagonal = row[j];
            row[j] = least(kept, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[b.len];
}

const char *hint_near(struct bytes name, const char *const *names)
{
    const char *nearest = NULL;
    unsigned best = name.len > 3 ? 3 : 2; /* one more than is still near */

    if (name.len == 0 || name.len > HINT_LEN_MAX)
        return NULL;
    for (; *names != NULL; names++) {
        struct bytes known = bytes_of(*names);

        if (known.len > HINT_LEN_MAX)
            continue;

        unsigned far = distance(name, known);

        if (far < best) {
            best = far;
            nearest = *names;
        }
    }
    return nearest;
}

const char *hint_event(struct bytes type)
{
    const char *names[EVENT_MAX + 1] = {NULL};
    size_t len = 0;

    for (int kind = EVENT_NONE + 1; kind < EVENT_MAX; kind++)
        if (event_name((enum event_kind)kind) != NULL)
            names[len++] = event_name((enum event_kind)kind);
    return hint_near(type, names);
}

static const char IN_KEY[] = "Idempotency-Key, a header (in a line of a stream: idempotency_key)";

/* Words of other queues' clients, in lower case without "_", "-" and "."; member: what must be
 * known where the word stands, and what to say of it. */
static const struct foreign {
    const char *word;
    const char *member;
    const char *said; /* NULL: the member's name */
} FOREIGN[] = {
    {"eta", "run_at", NULL},
    {"scheduledat", "run_at", NULL},
    {"scheduleat", "run_at", NULL},
    {"processat", "run_at", NULL},
    {"notbefore", "run_at", NULL},
    {"executeat", "run_at", NULL},
    {"scheduledfor", "run_at", NULL},
    {"countdown", "delay_s", NULL},
    {"delay", "delay_s", NULL},
    {"delayms", "delay_s", "delay_s (in seconds)"},
    {"delayseconds", "delay_s", NULL},
    {"processin", "delay_s", NULL},
    {"startafter", "delay_s", NULL},
    {"snooze", "delay_s", NULL},
    {"maxretries", "retry", "retry.max_attempts"},
    {"maxretry", "retry", "retry.max_attempts"},
    {"maxattempts", "retry", "retry.max_attempts"},
    {"attempts", "retry", "retry.max_attempts"},
    {"retries", "retry", "retry.max_attempts"},
    {"retrylimit", "retry", "retry.max_attempts"},
    {"retrydelay", "retry", "retry.delays_s"},
    {"retrybackoff", "retry", "retry.backoff"},
    {"backoff", "retry", "retry.backoff"},
    {"maxretries", "max_attempts", NULL},
    {"maxretry", "max_attempts", NULL},
    {"limit", "max_attempts", NULL},
    {"retries", "max_attempts", NULL},
    {"attempts", "max_attempts", NULL},
    {"delay", "delays_s", "delays_s, or backoff with delay_s"},
    {"args", "payload", NULL},
    {"arguments", "payload", NULL},
    {"kwargs", "payload", NULL},
    {"data", "payload", NULL},
    {"body", "payload", NULL},
    {"params", "payload", NULL},
    {"message", "payload", NULL},
    {"messagebody", "payload", NULL},
    {"input", "payload", NULL},
    {"task", "type", NULL},
    {"taskname", "type", NULL},
    {"tasktype", "type", NULL},
    {"jobtype", "type", NULL},
    {"kind", "type", NULL},
    {"jobname", "type", NULL},
    {"class", "type", NULL},
    {"func", "type", NULL},
    {"function", "type", NULL},
    {"routingkey", "queue", NULL},
    {"queuename", "queue", NULL},
    {"topic", "queue", NULL},
    {"channel", "queue", NULL},
    {"tube", "queue", NULL},
    {"queuename", "queues", NULL},
    {"topics", "queues", NULL},
    {"prio", "priority", NULL},
    {"urgency", "priority", NULL},
    {"visibilitytimeout", "lease_s", NULL},
    {"lockduration", "lease_s", NULL},
    {"ttr", "lease_s", NULL},
    {"ackdeadline", "lease_s", NULL},
    {"ackwait", "lease_s", NULL},
    {"timelimit", "timeout_s", NULL},
    {"timeout", "timeout_s", NULL},
    {"jobtimeout", "timeout_s", NULL},
    {"labels", "tags", NULL},
    {"metadata", "headers", NULL},
    {"attributes", "headers", NULL},
    {"jobid", "dedup", "dedup.key"},
    {"unique", "dedup", "dedup.key"},
    {"uniquekey", "dedup", "dedup.key"},
    {"uniquefor", "dedup", "dedup.window_s"},
    {"dedupkey", "dedup", "dedup.key"},
    {"dedupid", "dedup", "dedup.key"},
    {"deduplicationid", "dedup", "dedup.key"},
    {"dedupwindow", "dedup", "dedup.window_s"},
    {"singletonkey", "dedup", "dedup.key"},
    {"dependencies", "depends_on", NULL},
    {"after", "depends_on", NULL},
    {"concurrencykey", "limits", NULL},
    {"messagegroupid", "ordering_key", NULL},
    {"tenant", "fairness_key", NULL},
    {"taskid", "payload", IN_KEY},
    {"id", "payload", IN_KEY},
    {"messageid", "payload", IN_KEY},
    {"idempotencykey", "payload", IN_KEY},
    {"ttl", "expires_s", NULL},
    {"expires", "expires_s", NULL},
    {"expiresin", "expires_s", NULL},
    {"expiration", "expires_s", NULL},
    {"expirein", "expires_s", NULL},
    {"prefetch", "concurrency", NULL},
    {"workers", "concurrency", NULL},
    {"threads", "concurrency", NULL},
    {"maxtasks", "max", NULL},
    {"maxnumberofmessages", "max", NULL},
    {"count", "max", NULL},
    {"limit", "max", NULL},
    {"batchsize", "max", NULL},
};

/* name, letter by letter, is word but for case and marks between words. */
static bool is_word(struct bytes name, const char *word)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];

        if (c == '_' || c == '-' || c == '.')
            continue;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (*word == 0 || c != *word++)
            return false;
    }
    return *word == 0;
}

static bool has(const char *const *names, const char *name)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

const char *hint_foreign(struct bytes name, const char *const *names)
{
    for (size_t i = 0; i < ARRAY_LEN(FOREIGN); i++)
        if (is_word(name, FOREIGN[i].word) && has(names, FOREIGN[i].member))
            return FOREIGN[i].said != NULL ? FOREIGN[i].said : FOREIGN[i].member;
    return NULL;
}
