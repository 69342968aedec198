/* Store fixture: opens, makes, closes. */
#include "store_fixture.h"

#include <stdlib.h>

#include "base/memory.h"
#include "store/repo_task.h"

struct store *store_try(const char *data_dir, enum db_failure *ret_failure, struct error *error)
{
    struct store_options options = {.data_dir = data_dir};
    struct store *store = NULL;

    *ret_failure = DB_FINE;
    return store_open(&options, &store, ret_failure, error) ? store : NULL;
}

static void open_store(struct store_fixture *fixture)
{
    enum db_failure failure;
    struct error error;

    fixture->store = store_try(scratch_path(&fixture->scratch, "data"), &failure, &error);
    if (fixture->store == NULL)
        abort();
    fixture->db = store_writer(fixture->store);
}

int store_fixture_setup(void **state)
{
    struct store_fixture *fixture = mem_alloc(sizeof(*fixture));

    scratch_make(&fixture->scratch);
    fixture->arena = arena_new();
    open_store(fixture);
    *state = fixture;
    return 0;
}

int store_fixture_teardown(void **state)
{
    struct store_fixture *fixture = *state;

    store_close(fixture->store);
    arena_free(fixture->arena);
    scratch_remove(&fixture->scratch);
    free(fixture);
    return 0;
}

void store_fixture_reopen(struct store_fixture *fixture)
{
    store_close(fixture->store);
    open_store(fixture);
}

struct db *store_fixture_reader(struct store_fixture *fixture)
{
    struct db *db = NULL;
    struct error error;

    if (!store_open_reader(fixture->store, &db, &error))
        abort();
    return db;
}

struct id id_from(unsigned number)
{
    struct id id = {.at = {0x01, 0x8f, 0, 0, 0, 0, 0x70, 0, 0x80}};

    for (unsigned i = 0; i < 4; i++)
        id.at[15 - i] = (uint8_t)(number >> (8 * i));
    return id;
}

struct task task_from(int64_t number)
{
    struct id id = id_from((unsigned)number);

    return (struct task){
        .number = number,
        .id = id,
        .ns_number = 1,
        .queue_number = 2,
        .class_number = 3,
        .state = TASK_READY,
        .version = 1,
        .created_at_ms = 1000 + number,
        .run_at_ms = 1000 + number,
        .claimed_at_ms = -1,
        .started_at_ms = -1,
        .finished_at_ms = -1,
        .cancel_requested_at_ms = -1,
        .timeout_ms = -1,
        .lease_ms = -1,
        .expires_at_ms = -1,
        .deadline_at_ms = -1,
        .result_ttl_ms = -1,
        .root = id,
    };
}

struct task task_put(struct store_fixture *fixture, int64_t number)
{
    struct task task = task_from(number);
    struct task_spec spec = {.queue = BYTES("q"), .type = BYTES("t")};

    task_insert(fixture->db, &task, &spec, fixture->arena);
    return task;
}

struct task task_get(struct store_fixture *fixture, int64_t number)
{
    struct task task = {.number = 0};

    if (!task_load_number(fixture->db, number, &task))
        abort();
    return task;
}
