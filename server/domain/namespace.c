/* Namespace: quotas. */
#include "domain/namespace.h"

#include "base/json_out.h"
#include "base/json_scan.h"
#include "base/parse.h"

enum { RATE_TEXT_MAX = 256 };

struct ns_quotas ns_quotas_default(void)
{
    return (struct ns_quotas){.pending_limit = -1, .bytes_limit = -1, .queues_limit = -1};
}

static void member(struct json_out *out, const char *name, double number)
{
    json_out_key(out, name);
    json_out_double(out, number);
}

struct bytes rate_write(const struct rate_limit *rate, struct arena *arena)
{
    struct buffer buffer;
    struct json_out out;

    if (rate->units <= 0)
        return BYTES_NONE;
    buffer_init(&buffer, RATE_TEXT_MAX);
    json_out_init(&out, &buffer);
    json_out_object(&out);
    member(&out, "units", rate->units);
    member(&out, "period_s", rate->period_s);
    member(&out, "burst", rate->burst);
    json_out_object_end(&out);

    struct bytes text = arena_bytes(arena, buffer_bytes(&buffer));

    buffer_fini(&buffer);
    return text;
}

bool rate_read(struct bytes text, struct rate_limit *ret_rate)
{
    struct rate_limit rate = {.units = 0};

    *ret_rate = rate;
    if (text.at == NULL)
        return true;
    if (!parse_double(json_find(text, "units"), &rate.units) ||
        !parse_double(json_find(text, "period_s"), &rate.period_s) ||
        !parse_double(json_find(text, "burst"), &rate.burst) || rate.units <= 0 ||
        rate.period_s <= 0)
        return false;
    *ret_rate = rate;
    return true;
}
