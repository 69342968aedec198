/* Webhook on the wire: webhooks and their deliveries as JSON objects. */
#pragma once

#include "wire.h"

/* self: its own address. */
void wire_webhook(struct json_out *out, const struct webhook_view *webhook, struct bytes self,
                  struct arena *arena);
void wire_delivery(struct json_out *out, const struct delivery_record *delivery);
