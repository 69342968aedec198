/* Sink: webhooks on the stage, and the push room's part: take what is due, say how it went. */
#pragma once

#include "play.h"

struct command *to_put_hook(struct stage *stage, const char *name);
/* GET, DELETE, TEST. */
struct command *to_hook(struct stage *stage, enum command_kind kind, const char *name);
struct command *to_take(struct stage *stage, int64_t webhook, unsigned max, int64_t wait_ms);
struct command *to_settle(struct stage *stage, int64_t webhook, int64_t number,
                          enum delivery_end end);
struct command *to_list_deliveries(struct stage *stage, const char *name, unsigned states);
struct command *to_redeliver(struct stage *stage, const char *name, struct bytes id);

/* Done at once; the test fails when it is refused. types NULL: all. Returns its number. */
int64_t hook(struct stage *stage, const char *name, const char *types);
const struct webhook_view *view_hook(struct stage *stage, const char *name);
/* Those that are due now, ten at most. */
const struct reply *take(struct stage *stage, int64_t webhook);
void settle(struct stage *stage, int64_t webhook, int64_t number, enum delivery_end end);
/* Whether its body has this text. */
bool tells(const struct delivery_view *delivery, const char *text);
