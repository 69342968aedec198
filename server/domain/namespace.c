/* Namespace: quotas. */
#include "domain/namespace.h"

struct ns_quotas ns_quotas_default(void)
{
    return (struct ns_quotas){.pending_limit = -1, .bytes_limit = -1, .queues_limit = -1};
}
