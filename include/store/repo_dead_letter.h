/* Dead letter repo: where the copies of failed tasks come from. A row goes with the copy. */
#pragma once

#include "domain/task.h"
#include "store/db.h"

void dead_letter_insert(struct db *db, int64_t copy, int64_t original,
                        const struct dead_letter *letter);
void dead_letter_delete(struct db *db, int64_t copy);
/* Nothing is loaded when is_dead_letter is false. */
void dead_letter_load(struct db *db, struct task *copy, struct arena *arena);
/* The newest copy of the task that is older than `before`; -1: there is none. */
int64_t dead_letter_copy(struct db *db, int64_t original, int64_t before);
