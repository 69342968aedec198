/* Wire: what goes out, as JSON objects with the members the contract names. */
#pragma once

#include "base/json_out.h"
#include "engine/command.h"

/* base: "/v1" or "/v1/ns/NAME", for links. */
void wire_task(struct json_out *out, const struct task *task, struct bytes base);
/* Alone, with the result when it succeeded. */
void wire_task_whole(struct json_out *out, const struct task *task, struct bytes base);
/* As a claim hands it out: with lease and payload. */
void wire_task_claimed(struct json_out *out, const struct task *task, struct bytes base);
void wire_attempt(struct json_out *out, const struct attempt *attempt);
void wire_log_line(struct json_out *out, const struct log_line *line);
void wire_blocker(struct json_out *out, const struct blocker *blocker);

void wire_queue(struct json_out *out, const struct queue_view *queue);
void wire_queue_stats(struct json_out *out, const struct queue_view *queue);
void wire_counts(struct json_out *out, const struct queue_counts *counts);
/* self: its own address. */
void wire_limit(struct json_out *out, const struct limit_view *limit, struct bytes self);
void wire_worker(struct json_out *out, const struct worker_view *worker);
/* "push": how an endpoint fares. */
void wire_member_health(struct json_out *out, const char *state,
                        const struct target_health *health);
/* Where it is to be shown, and nothing else. */
void wire_member_push_secret(struct json_out *out, const struct worker_view *worker);

/* The members of a task that its rules are: limits, fairness_key and so on. */
void wire_member_rules(struct json_out *out, const struct task_rules *rules);
/* As domain/labels.h writes them, as an object. */
void wire_member_labels(struct json_out *out, const char *key, struct bytes labels);
void wire_member_priority_or_null(struct json_out *out, const char *key, int32_t min_priority);
void wire_member_id(struct json_out *out, const char *key, struct id id);
/* {"items":[ ... ],"next_cursor":...}: the items are written between the two. */
void wire_list(struct json_out *out);
void wire_list_end(struct json_out *out, struct bytes next_cursor);
/* One problem inside another answer. */
void wire_problem(struct json_out *out, const struct error *error);
