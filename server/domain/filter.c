/* Filter: joins the rules. A rule whose wanted keys hold speaks for the task; if one of its refused
 * keys holds as well, it speaks against it, and that counts for the whole list. */
#include "domain/filter.h"

#include "filter_rule.h"

struct filter_verdict filter_match(const struct filter *filter, const struct json_value *headers,
                                   struct arena *scratch)
{
    const struct filter_found all = {.value = *headers, .exists = true};
    struct filter_work work = {.scratch = scratch};
    bool is_wanted = false;
    bool is_refused = false;

    for (unsigned i = 0; i < filter->rules_len && !is_refused && !work.trouble; i++) {
        const struct filter_rule *rule = &filter->rules[i];

        if (!filter_holds(&rule->wanted, &all, &work))
            continue;
        is_wanted = true;
        is_refused = filter_holds(&rule->refused, &all, &work);
    }
    return (struct filter_verdict){.matches = is_wanted && !is_refused && !work.trouble,
                                   .trouble = work.trouble,
                                   .steps = work.steps};
}
