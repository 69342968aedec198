/* Quotas: what a namespace may hold, made of what it may now and of what the command line says. */
#include "quotas.h"

#include "message.h"

#include "base/compiler.h"
#include "base/json_out.h"
#include "base/json_scan.h"
#include "base/parse.h"

#include <string.h>

#define PENDING_MAX INT64_C(1000000000000)
#define BYTES_MAX   (INT64_C(1) << 60)
#define QUEUES_MAX  INT64_C(1000000)

struct quota {
    const char *option;
    const char *member;
    bool (*read)(struct bytes text, int64_t max, int64_t *ret_number);
    int64_t max;
    const char *what;
};

static bool read_count(struct bytes text, int64_t max, int64_t *ret_number)
{
    return parse_int(text, 0, max, ret_number);
}

static const struct quota quotas[] = {
    {"pending", "pending_limit", read_count, PENDING_MAX, "a whole number from 0"},
    {"bytes", "bytes_limit", parse_size, BYTES_MAX, "a size such as 500MiB"},
    {"queues", "queues_limit", read_count, QUEUES_MAX, "a whole number from 0 to 1000000"},
};

static bool is_none(const char *text)
{
    return text != NULL && strcmp(text, "none") == 0;
}

static bool write_quota(const struct quota *quota, const struct options *options,
                        struct bytes before, struct json_out *json)
{
    const char *text = options_text(options, quota->option);
    int64_t number = -1;

    if (text == NULL) {
        json_member_raw_or_null(json, quota->member, json_find(before, quota->member));
        return true;
    }
    if (!is_none(text) && !quota->read(bytes_of(text), quota->max, &number)) {
        message_error("--%s: '%s' is neither %s nor 'none'", quota->option, text, quota->what);
        return false;
    }
    json_member_int_or_null(json, quota->member, number);
    return true;
}

/* ---- the rate ---- */

struct rate {
    double units; /* 0: no limit */
    double period_s;
    double burst; /* 0: as many as units */
};

static double number_of(struct bytes object, const char *member, double otherwise)
{
    double number;

    return parse_double(json_find(object, member), &number) ? number : otherwise;
}

/* A burst that was never set stands there as the units; it goes with them when they change. */
static struct rate rate_of(struct bytes before)
{
    struct bytes object = json_find(before, "rate");
    struct rate rate = {.period_s = 1};

    if (object.len == 0 || object.at[0] != '{')
        return rate;
    rate.units = number_of(object, "units", 0);
    rate.period_s = number_of(object, "period_s", 1);
    rate.burst = number_of(object, "burst", 0);
    if (rate.burst <= rate.units && rate.burst >= rate.units)
        rate.burst = 0;
    return rate;
}

static bool read_above_0(const struct options *options, const char *name, double *ret_number)
{
    const char *text = options_text(options, name);

    if (text == NULL || (parse_double(bytes_of(text), ret_number) && *ret_number > 0))
        return true;
    message_error("--%s: '%s' is not a number above 0", name, text);
    return false;
}

static void write_number(struct json_out *json, const char *name, double number)
{
    json_out_key(json, name);
    json_out_double(json, number);
}

bool quotas_write_rate(const struct options *options, struct bytes before, struct json_out *json)
{
    bool is_lifted = is_none(options_text(options, "rate"));
    int64_t per_ms = options_number(options, "per", -1);
    struct rate rate = is_lifted ? (struct rate){.period_s = 1} : rate_of(before);

    if ((!is_lifted && !read_above_0(options, "rate", &rate.units)) ||
        !read_above_0(options, "burst", &rate.burst))
        return false;
    if (per_ms >= 0)
        rate.period_s = (double)per_ms / 1000;
    if (rate.units <= 0 && (options_has(options, "burst") || per_ms >= 0)) {
        message_error("--per and --burst go with --rate");
        return false;
    }
    json_out_key(json, "rate");
    if (rate.units <= 0) {
        json_out_null(json);
        return true;
    }
    json_out_object(json);
    write_number(json, "units", rate.units);
    write_number(json, "period_s", rate.period_s);
    if (rate.burst > 0)
        write_number(json, "burst", rate.burst);
    json_out_object_end(json);
    return true;
}

bool quotas_write(const struct options *options, struct bytes before, struct buffer *ret_body)
{
    struct json_out json;

    json_out_init(&json, ret_body);
    json_out_object(&json);
    for (size_t i = 0; i < ARRAY_LEN(quotas); i++)
        if (!write_quota(&quotas[i], options, before, &json))
            return false;
    if (!quotas_write_rate(options, before, &json))
        return false;
    json_out_object_end(&json);
    return true;
}

struct bytes quotas_rate_of(struct bytes object, struct arena *arena)
{
    struct bytes rate = json_find(object, "rate");

    if (rate.len == 0 || rate.at[0] != '{')
        return BYTES_NONE;
    return arena_printf(arena, "%.*s/%.*ss", BYTES_ARG(json_find(rate, "units")),
                        BYTES_ARG(json_find(rate, "period_s")));
}
