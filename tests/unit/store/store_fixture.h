/* Store fixture: a fresh store in a scratch folder, and makers of tasks, for tests of what is kept.
 */
#pragma once

#include "domain/task.h"
#include "scratch.h"
#include "store/store.h"

struct store_fixture {
    struct scratch scratch;
    struct store *store;
    struct db *db; /* its writer */
    struct arena *arena;
};

/* For cmocka: setup and teardown of a test; *state becomes the fixture. */
int store_fixture_setup(void **state);
int store_fixture_teardown(void **state);
/* Close the store and open it again. */
void store_fixture_reopen(struct store_fixture *fixture);
struct db *store_fixture_reader(struct store_fixture *fixture);

/* Open the store in a folder; NULL and the failure when it cannot be. */
struct store *store_try(const char *data_dir, enum db_failure *ret_failure, struct error *error);

struct id id_from(unsigned number);
/* A task of namespace 1, queue 2, class 3 that is ready, not yet in the store. */
struct task task_from(int64_t number);
/* The same, inserted without payload. */
struct task task_put(struct store_fixture *fixture, int64_t number);
/* A task as it stands in the store. */
struct task task_get(struct store_fixture *fixture, int64_t number);
