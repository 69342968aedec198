/* Rules on the wire: what a task asks for beyond its queue, with what counts where nothing was
 * said. */
#include "codec_dedup.h"
#include "wire.h"

static void write_limits(struct json_out *out, struct bytes limits)
{
    struct limit_use use;

    json_out_key(out, "limits");
    json_out_array(out);
    while (limits_next(&limits, &use)) {
        json_out_object(out);
        json_member_text(out, "name", use.name);
        json_member_int(out, "units", use.units);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

static void write_ids(struct json_out *out, struct bytes ids)
{
    struct bytes id;

    json_out_key(out, "depends_on");
    json_out_array(out);
    while (bytes_split(&ids, '\n', &id))
        if (id.len > 0)
            json_out_text(out, id);
    json_out_array_end(out);
}

static void write_callback(struct json_out *out, const struct task_rules *rules)
{
    json_out_key(out, "callback");
    if (!rules_have_callback(rules)) {
        json_out_null(out);
        return;
    }
    json_out_object(out);
    if (rules->callback_url.at != NULL)
        json_member_text(out, "url", rules->callback_url);
    else
        json_member_text(out, "webhook", rules->callback_webhook);
    json_out_object_end(out);
}

static void write_weight(struct json_out *out, int64_t weight_milli)
{
    json_out_key(out, "fairness_weight");
    json_out_double(out, weight_milli > 0 ? (double)weight_milli / 1000 : 1);
}

void wire_member_rules(struct json_out *out, const struct task_rules *rules)
{
    static const char *const ORDER[] = {[ORDER_SKIP] = "skip", [ORDER_BLOCK] = "block"};
    static const char *const DEPENDENCY[] = {
        [DEPENDENCY_FAIL] = "fail", [DEPENDENCY_SKIP] = "skip", [DEPENDENCY_RUN] = "run"};

    write_limits(out, rules->limits);
    json_member_text_or_null(out, "fairness_key", rules->fairness_key);
    write_weight(out, rules->weight_milli);
    json_member_text_or_null(out, "ordering_key", rules->ordering_key);
    json_member_text(out, "on_order_failure", bytes_of(ORDER[rules->on_order_failure]));
    json_out_key(out, "dedup");
    wire_dedup(out, &rules->dedup);
    write_ids(out, rules->depends_on);
    json_member_text(out, "on_dependency_failure",
                     bytes_of(DEPENDENCY[rules->on_dependency_failure]));
    json_member_text_or_null(out, "affinity", rules->affinity);
    write_callback(out, rules);
}
