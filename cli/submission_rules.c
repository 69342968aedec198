/* Submission rules: what can be misread on a command line is refused here, the rest by the broker,
 * which knows the ranges. */
#include "submission_rules.h"

#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "message.h"

static void write_text(struct json_out *json, const char *member, const char *text)
{
    if (text != NULL)
        json_member_text(json, member, bytes_of(text));
}

/* A name may end so (customer:7), but who wants units may write it, too: told to people only. */
static void hint_units(const char *limit)
{
    const char *colon = strrchr(limit, ':');
    int64_t number;

    if (isatty(STDERR_FILENO) && colon != NULL &&
        parse_int(bytes_of(colon + 1), 1, INT32_MAX, &number))
        message_note("--limit: '%s' is taken as a name; units are written %.*s=%s", limit,
                     (int)(colon - limit), limit, colon + 1);
}

static bool write_limit(struct json_out *json, const char *limit)
{
    struct bytes units = bytes_of(limit), name;
    int64_t number;

    if (strchr(limit, '=') == NULL) {
        hint_units(limit);
        json_out_text(json, bytes_of(limit));
        return true;
    }
    if (!bytes_split(&units, '=', &name) || !parse_int(units, 1, INT32_MAX, &number)) {
        message_error("--limit: '%s' is not NAME or NAME=UNITS", limit);
        return false;
    }
    json_out_object(json);
    json_member_text(json, "name", name);
    json_member_int(json, "units", number);
    json_out_object_end(json);
    return true;
}

static bool write_limits(const struct options *options, struct json_out *json)
{
    const char *limit;

    if (!options_has(options, "limit"))
        return true;
    json_out_key(json, "limits");
    json_out_array(json);
    for (unsigned i = 0; (limit = options_each(options, "limit", i)) != NULL; i++)
        if (!write_limit(json, limit))
            return false;
    json_out_array_end(json);
    return true;
}

static bool write_weight(const struct options *options, struct json_out *json)
{
    const char *text = options_text(options, "fairness-weight");
    double weight;

    if (text == NULL)
        return true;
    if (!parse_double(bytes_of(text), &weight)) {
        message_error("--fairness-weight: '%s' is not a number", text);
        return false;
    }
    json_out_key(json, "fairness_weight");
    json_out_double(json, weight);
    return true;
}

static bool write_dedup(const struct options *options, struct json_out *json)
{
    const char *key = options_text(options, "dedup-key");

    if (key == NULL) {
        if (!options_has(options, "dedup-scope") && !options_has(options, "dedup-window") &&
            !options_has(options, "on-conflict"))
            return true;
        message_error("--dedup-scope, --dedup-window and --on-conflict go with --dedup-key");
        return false;
    }
    json_out_key(json, "dedup");
    json_out_object(json);
    write_text(json, "key", key);
    write_text(json, "scope", options_text(options, "dedup-scope"));
    if (options_has(options, "dedup-window"))
        json_member_seconds_or_null(json, "window_s", options_number(options, "dedup-window", 0));
    write_text(json, "on_conflict", options_text(options, "on-conflict"));
    json_out_object_end(json);
    return true;
}

static void write_dependencies(const struct options *options, struct json_out *json)
{
    const char *id;

    if (!options_has(options, "depends-on"))
        return;
    json_out_key(json, "depends_on");
    json_out_array(json);
    for (unsigned i = 0; (id = options_each(options, "depends-on", i)) != NULL; i++)
        json_out_text(json, bytes_of(id));
    json_out_array_end(json);
}

/* A webhook's name has no slash. */
static void write_callback(const struct options *options, struct json_out *json)
{
    const char *text = options_text(options, "callback");

    if (text == NULL)
        return;
    json_out_key(json, "callback");
    json_out_object(json);
    write_text(json, strchr(text, '/') != NULL ? "url" : "webhook", text);
    json_out_object_end(json);
}

bool submission_rules_write(const struct options *options, struct json_out *json)
{
    write_text(json, "fairness_key", options_text(options, "fairness-key"));
    write_text(json, "ordering_key", options_text(options, "ordering-key"));
    write_text(json, "on_order_failure", options_text(options, "on-order-failure"));
    write_text(json, "on_dependency_failure", options_text(options, "on-dependency-failure"));
    write_text(json, "affinity", options_text(options, "affinity"));
    write_callback(options, json);
    write_dependencies(options, json);
    return write_limits(options, json) && write_weight(options, json) && write_dedup(options, json);
}
