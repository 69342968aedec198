/* View: what goes out, as JSON objects with the members the contract names. */
#pragma once

#include "base/json_out.h"
#include "engine/command.h"

/* base: "/v1" or "/v1/ns/NAME", for links. */
void view_task(struct json_out *out, const struct task *task, struct bytes base);
/* Alone, with the result when it succeeded. */
void view_task_whole(struct json_out *out, const struct task *task, struct bytes base);
/* As a claim hands it out: with lease and payload. */
void view_task_claimed(struct json_out *out, const struct task *task, struct bytes base);
void view_attempt(struct json_out *out, const struct attempt *attempt);
void view_log_line(struct json_out *out, const struct log_line *line);
void view_blocker(struct json_out *out, const struct blocker *blocker);

void view_queue(struct json_out *out, const struct queue_view *queue);
void view_queue_stats(struct json_out *out, const struct queue_view *queue);
void view_counts(struct json_out *out, const struct queue_counts *counts);
void view_worker(struct json_out *out, const struct worker_view *worker);

void view_member_id(struct json_out *out, const char *key, struct id id);
/* {"items":[ ... ],"next_cursor":...}: the items are written between the two. */
void view_list(struct json_out *out);
void view_list_end(struct json_out *out, struct bytes next_cursor);
/* One problem inside another answer. */
void view_problem(struct json_out *out, const struct error *error);
