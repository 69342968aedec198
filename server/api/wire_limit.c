/* Wire of limits: settings, and the units that run and that are held. */
#include "codec_rate.h"
#include "wire.h"

void wire_limit(struct json_out *out, const struct limit_view *limit, struct bytes self)
{
    json_out_object(out);
    json_member_text(out, "name", limit->name);
    json_member_int_or_null(out, "max_running", limit->settings.max_running);
    json_out_key(out, "rate");
    wire_rate(out, &limit->settings.rate);
    json_member_text(out, "over", bytes_of(limit_over_name(limit->settings.over)));
    json_member_bool(out, "declared", limit->is_declared);
    json_member_text_or_null(out, "rule", limit->rule);
    json_member_int_or_null(out, "running", limit->running);
    json_member_int_or_null(out, "held", limit->held);
    json_member_int_or_null(out, "blocked", limit->blocked);
    json_member_int_or_null(out, "names", limit->names);
    json_member_int_or_null(out, "version", limit->version);
    json_member_time_or_null(out, "created_at", limit->created_at_ms);
    json_out_key(out, "links");
    json_out_object(out);
    json_member_text(out, "self", self);
    json_out_object_end(out);
    json_out_object_end(out);
}
