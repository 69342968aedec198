/* Filter path: one step down at a time; the depth of the headers bounds the recursion. */
#include "filter_path.h"

#include <string.h>

#include "base/parse.h"

static const struct filter_found NOTHING = {.value = {.kind = JSON_KIND_NONE}};

/* Cut the first step off; *ret_rest has no place behind the last. */
static struct bytes cut(struct bytes path, struct bytes *ret_rest)
{
    const char *dot = path.len > 0 ? memchr(path.at, '.', path.len) : NULL;

    *ret_rest = BYTES_NONE;
    if (dot == NULL)
        return path;

    size_t len = (size_t)(dot - path.at);

    *ret_rest = (struct bytes){dot + 1, path.len - len - 1};
    return (struct bytes){path.at, len};
}

static bool is_index(struct bytes step)
{
    for (size_t i = 0; i < step.len; i++)
        if (step.at[i] < '0' || step.at[i] > '9')
            return false;
    return step.len > 0;
}

static struct filter_found follow_from(struct bytes rest, const struct json_value *value,
                                       struct filter_work *work)
{
    if (rest.at == NULL)
        return (struct filter_found){.value = *value, .exists = value->kind != JSON_KIND_NONE};
    return filter_follow(rest, value, work);
}

static struct filter_found follow_each(struct bytes path, const struct json_value *array,
                                       struct filter_work *work)
{
    struct json_value *items = NULL;
    struct filter_found all = NOTHING;

    if (!filter_spend(work, array->len))
        return NOTHING;
    items = arena_alloc(work->scratch, (array->len + 1) * sizeof(*items));
    for (unsigned i = 0; i < array->len && !work->trouble; i++) {
        struct filter_found found = filter_follow(path, &array->items[i], work);

        items[i] = found.value;
        all.exists = all.exists || found.exists;
    }
    all.value = (struct json_value){.kind = JSON_KIND_ARRAY, .len = array->len, .items = items};
    return all;
}

static struct filter_found follow_index(struct bytes step, struct bytes rest,
                                        const struct json_value *array, struct filter_work *work)
{
    int64_t index = 0;

    if (array->len == 0 || !parse_int(step, 0, array->len - 1, &index))
        return NOTHING;
    return follow_from(rest, &array->items[index], work);
}

struct filter_found filter_follow(struct bytes path, const struct json_value *from,
                                  struct filter_work *work)
{
    struct bytes rest;
    struct bytes step = cut(path, &rest);

    if (!filter_spend(work, 1))
        return NOTHING;
    if (from->kind == JSON_KIND_NULL)
        return (struct filter_found){.value = *from};
    if (from->kind == JSON_KIND_ARRAY)
        return is_index(step) ? follow_index(step, rest, from, work)
                              : follow_each(path, from, work);

    const struct json_value *member = json_value_member(from, step);

    return member != NULL ? follow_from(rest, member, work) : NOTHING;
}
