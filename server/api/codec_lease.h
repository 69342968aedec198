/* Lease codec: what a worker says about the attempts it holds. */
#pragma once

#include "codec.h"
#include "engine/command.h"

/* The outcomes of a claim or of /outcomes: an array at spot. */
MUST_CHECK enum err outcomes_read(struct codec *codec, const struct spot *spot, json_t *value,
                                  struct outcome **ret_outcomes, unsigned *ret_len);
/* The error object of an outcome. */
MUST_CHECK enum err failure_of_error(struct codec *codec, const struct spot *spot,
                                     struct bytes text, struct outcome *outcome);
/* The body of /fail or /cancelled, by outcome->kind. */
MUST_CHECK enum err outcome_read_failure(struct codec *codec, struct bytes text,
                                         struct outcome *outcome);
/* The body of /progress. */
MUST_CHECK enum err progress_read(struct codec *codec, struct bytes text,
                                  struct progress_note *note);
/* A heartbeat: leases, and progress of some of them. */
MUST_CHECK enum err heartbeat_read(struct codec *codec, struct bytes text,
                                   struct heartbeat *heartbeat);
/* The body of /logs: a message a line, or NDJSON. */
MUST_CHECK enum err log_lines_read(struct codec *codec, struct bytes text, bool is_ndjson,
                                   struct lease_logs *logs);
