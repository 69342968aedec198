/* Webhook on the wire: its settings, how it fares, and what it was told. */
#include "wire_webhook.h"

static void write_types(struct json_out *out, struct bytes types)
{
    struct bytes type;

    json_out_key(out, "types");
    if (types.at == NULL) {
        json_out_null(out);
        return;
    }
    json_out_array(out);
    while (bytes_split(&types, ',', &type))
        json_out_text(out, type);
    json_out_array_end(out);
}

static void write_state(struct json_out *out, const struct webhook_view *webhook)
{
    json_member_text(out, "state", bytes_of(webhook->state));
    json_member_int(out, "backlog", webhook->backlog);
    json_member_int(out, "dead", webhook->dead);
    json_member_int(out, "delivered", webhook->delivered);
    json_member_int(out, "missed", webhook->missed);
    json_member_int_or_null(out, "first_missed_event", webhook->missed_first);
    json_member_time_or_null(out, "oldest_due_at", webhook->oldest_due_at_ms);
    json_member_time_or_null(out, "gone_at", webhook->gone_at_ms);
    wire_member_health(out, webhook->state, &webhook->health);
}

void wire_webhook(struct json_out *out, const struct webhook_view *webhook, struct bytes self,
                  struct arena *arena)
{
    json_out_object(out);
    json_member_text(out, "name", webhook->name);
    json_member_text(out, "url", webhook->settings.url);
    write_types(out, webhook->settings.types);
    json_member_text_or_null(out, "queue", webhook->settings.queues);
    json_member_bool(out, "enabled", webhook->settings.enabled);
    if (webhook->shows_key)
        json_member_text(out, "secret", signature_key_write(&webhook->key, arena));
    json_member_time_or_null(out, "old_secret_until", webhook->old_key_until_ms);
    write_state(out, webhook);
    json_member_time_or_null(out, "created_at", webhook->created_at_ms);
    json_member_text(out, "created_by", webhook->created_by);
    json_member_int(out, "version", webhook->version);
    json_out_key(out, "links");
    json_out_object(out);
    json_member_text(out, "self", self);
    json_out_object_end(out);
    json_out_object_end(out);
}

void wire_delivery(struct json_out *out, const struct delivery_record *delivery)
{
    bool was_tried = delivery->last_at_ms >= 0;

    json_out_object(out);
    json_member_text(out, "id", delivery->id);
    json_member_text(out, "type", bytes_of(event_name(delivery->kind)));
    json_member_int_or_null(out, "event", delivery->event > 0 ? delivery->event : -1);
    if (delivery->has_task)
        wire_member_id(out, "task_id", delivery->task);
    json_member_text(out, "state", bytes_of(delivery_state_words[delivery->state]));
    json_member_time_or_null(out, "created_at", delivery->at_ms);
    json_member_int(out, "attempts", delivery->attempts);
    json_member_time_or_null(out, "next_at", delivery->next_at_ms);
    json_member_time_or_null(out, "last_at", delivery->last_at_ms);
    json_member_int_or_null(out, "last_status",
                            delivery->last_status > 0 ? delivery->last_status : -1);
    json_member_text_or_null(out, "last_error", delivery->last_error);
    json_member_seconds_or_null(out, "took_s", was_tried ? delivery->took_ms : -1);
    json_out_object_end(out);
}
