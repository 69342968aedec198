/* Limit: rules by prefix, and numbers against a cap. */
#include "domain/limit.h"

#include "base/compiler.h"

static const char *const over_names[LIMIT_OVERS] = {
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
    return over_names[over];
}

bool limit_over_parse(struct bytes text, enum limit_over *ret_over)
{
    for (int over = 0; over < LIMIT_OVERS; over++)
        if (bytes_is(text, over_names[over])) {
            *ret_over = (enum limit_over)over;
            return true;
        }
    return false;
}

bool limit_name_is_rule(struct bytes name)
{
    return name.len > 0 && name.at[name.len - 1] == '*';
}

struct bytes limit_rule_prefix(struct bytes rule)
{
    return (struct bytes){rule.at, rule.len - 1};
}

bool limit_rule_matches(struct bytes rule, struct bytes name)
{
    struct bytes prefix;

    if (!limit_name_is_rule(rule))
        return false;
    prefix = limit_rule_prefix(rule);
    return name.len >= prefix.len && bytes_equal((struct bytes){name.at, prefix.len}, prefix);
}

bool limit_fits(const struct limit_settings *settings, int64_t running, int64_t units)
{
    return settings->max_running < 0 || running <= settings->max_running - units;
}

bool limit_holds_from_submit(const struct limit_settings *settings)
{
    return settings->over != LIMIT_QUEUES;
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
