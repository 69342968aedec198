/* Limit: rules by prefix, and numbers against a cap. */
#include "domain/limit.h"

#include "base/compiler.h"

const char *const limit_over_words[LIMIT_OVERS + 1] = {
    [LIMIT_QUEUES] = "queue",
    [LIMIT_REJECTS] = "reject",
    [LIMIT_CANCELS_OLDEST] = "cancel_oldest",
    [LIMIT_CANCELS_NEWEST] = "cancel_newest",
};

struct limit_settings limit_none(void)
{
    return (struct limit_settings){.max_running = -1, .over = LIMIT_QUEUES};
}

const char *limit_over_name(enum limit_over over)
{
    return limit_over_words[over];
}

bool limit_name_is_rule(struct bytes name)
{
    return name.len > 0 && name.at[name.len - 1] == '*';
}

struct bytes limit_rule_prefix(struct bytes rule)
{
    return (struct bytes){rule.at, rule.len - 1};
}

bool limit_fits(const struct limit_settings *settings, int64_t running, int64_t units)
{
    return settings->max_running < 0 || running <= settings->max_running - units;
}

bool limit_charges_at_submit(const struct limit_settings *settings)
{
    return settings->over == LIMIT_REJECTS || settings->over == LIMIT_CANCELS_NEWEST;
}

bool limit_never_fits(const struct limit_settings *settings, int64_t units)
{
    return !limit_fits(settings, 0, units) ||
           (settings->rate.units > 0 && (double)units > settings->rate.burst);
}
