/* Push play: what a worker that is pushed to, and the push room, ask of an engine on the stage. */
#pragma once

#include "play.h"

#define PUSH_URL "https://hooks.example.com/run"

struct command *to_enrol_push(struct stage *stage, const char *queue, const char *url);
struct id enrol_push(struct stage *stage, const char *queue);
/* As the push room asks. */
struct command *to_watch(struct stage *stage, int64_t since, int64_t wait_ms);
struct command *to_note(struct stage *stage, struct id worker, bool disable);
struct command *to_edit_worker(struct stage *stage, struct id worker);
