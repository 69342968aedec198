/* Quotas: what a namespace may hold, made of what it may now and of what the command line says. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/json_out.h"
#include "options.h"

/* before is the namespace as the broker shows it, or "{}"; ret_body the JSON to put there. What no
 * option names stays as it is. False: the message was printed. */
bool quotas_write(const struct options *options, struct bytes before, struct buffer *ret_body);
/* The member "rate" alone, from --rate, --per and --burst. */
bool quotas_write_rate(const struct options *options, struct bytes before, struct json_out *json);
/* For a table: "units/seconds"; NONE when there is no rate. */
struct bytes quotas_rate_of(struct bytes object, struct arena *arena);
