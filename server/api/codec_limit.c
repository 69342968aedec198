/* Limit codec: the members of a limit's settings, one row each. */
#include "codec_limit.h"

#include "codec_rate.h"

#define RUNNING_MAX INT64_C(1000000000)

struct draft {
    int64_t max_running;
    struct rate_limit rate;
    unsigned over;
};

#define AT(member) .at = offsetof(struct draft, member)
static const struct field FIELDS[] = {
    {.name = "max_running",
     .read = field_int,
     AT(max_running),
     .max = RUNNING_MAX,
     .nullable = true},
    {.name = "rate", .read = field_rate, AT(rate), .nullable = true},
    {.name = "over", .read = field_word, AT(over), .words = limit_over_words},
};
#undef AT
static const struct shape SHAPE_OF_LIMIT = SHAPE(FIELDS, NULL);

enum err limit_name_read(struct call *call, bool is_new, struct bytes *ret_name)
{
    const struct bounds *bounds = &call->api->bounds;
    struct bytes name = request_param(call->request, "name");
    struct bytes plain = limit_name_is_rule(name) ? limit_rule_prefix(name) : name;

    *ret_name = name;
    if (!name_is_valid(plain) && !bytes_is(name, "*"))
        return error_set(&call->error, ERR_INVALID_FIELD, "",
                         "a limit's name is 1 to %d characters of A-Z a-z 0-9 . _ : - and a rule's "
                         "has one * behind them (name_max: %d)",
                         (int)bounds->of[BOUND_NAME_MAX], (int)bounds->of[BOUND_NAME_MAX]);
    if (is_new && (int64_t)plain.len > bounds->of[BOUND_NAME_MAX])
        return bound_refuse(bounds, BOUND_NAME_MAX, plain.len, "", &call->error);
    return OK;
}

enum err limit_settings_read(struct call *call, struct limit_settings *ret_settings)
{
    struct draft draft = {.max_running = -1};
    enum err code = call_body(call, &SHAPE_OF_LIMIT, &draft, NULL);

    *ret_settings = (struct limit_settings){
        .max_running = draft.max_running, .rate = draft.rate, .over = (enum limit_over)draft.over};
    return code;
}
