/* Reading: one thread, one queue of commands. */
#include "reading.h"

#include <pthread.h>
#include <stdlib.h>

#include "audit_page.h"
#include "base/assert.h"
#include "base/memory.h"
#include "event_page.h"
#include "listing.h"

struct readers {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    struct list waiting;
    bool is_stopped;
    bool has_thread;
    pthread_t thread;
    const struct store *store;
    struct db *db; /* the thread's own; NULL: to be opened */
    struct listing *listing;
    void (*answer)(void *ctx, struct command *command);
    void *ctx;
};

/* Wait for the next command; NULL when stopped and empty. */
static struct command *next_command(struct readers *readers)
{
    struct list_node *node;

    (void)pthread_mutex_lock(&readers->lock);
    while ((node = list_pop_front(&readers->waiting)) == NULL && !readers->is_stopped)
        (void)pthread_cond_wait(&readers->arrived, &readers->lock);
    (void)pthread_mutex_unlock(&readers->lock);
    return node == NULL ? NULL : CONTAINER_OF(node, struct command, link);
}

static void read_list(struct readers *readers, struct db *db, struct command *command)
{
    if (command->kind == COMMAND_LIST_AUDIT)
        audit_page(db, command);
    else if (command->kind == COMMAND_LIST_EVENTS)
        event_page(db, command);
    else
        listing_page(readers->listing, db, command);
}

/* A connection that failed stays failed: the next page gets a new one. */
static void read_page(struct readers *readers, struct command *command)
{
    if (readers->db == NULL &&
        !store_open_reader(readers->store, &readers->db, &command->reply.error))
        return;
    read_list(readers, readers->db, command);
    if (db_failure(readers->db) == DB_FINE)
        return;
    db_close(readers->db);
    readers->db = NULL;
}

static void *read_loop(void *ctx)
{
    struct readers *readers = ctx;
    struct command *command;

    while ((command = next_command(readers)) != NULL) {
        read_page(readers, command);
        readers->answer(readers->ctx, command);
    }
    return NULL;
}

static bool start(struct readers *readers, const struct store *store, struct error *error)
{
    readers->store = store;
    if (!store_open_reader(store, &readers->db, error))
        return false;
    readers->has_thread = pthread_create(&readers->thread, NULL, read_loop, readers) == 0;
    if (!readers->has_thread)
        (void)error_set(error, ERR_INTERNAL, "", "cannot start the reader's thread");
    return readers->has_thread;
}

struct readers *readers_open(const struct store *store, bool with_thread,
                             void (*answer)(void *ctx, struct command *), void *ctx,
                             struct error *error)
{
    struct readers *readers = mem_alloc(sizeof(*readers));
    int failed =
        pthread_mutex_init(&readers->lock, NULL) | pthread_cond_init(&readers->arrived, NULL);

    ASSERT(failed == 0);
    list_init(&readers->waiting);
    readers->listing = listing_new();
    readers->answer = answer;
    readers->ctx = ctx;
    if (with_thread && !start(readers, store, error)) {
        readers_close(readers);
        return NULL;
    }
    return readers;
}

void readers_close(struct readers *readers)
{
    if (readers == NULL)
        return;
    (void)pthread_mutex_lock(&readers->lock);
    readers->is_stopped = true;
    (void)pthread_mutex_unlock(&readers->lock);
    (void)pthread_cond_signal(&readers->arrived);
    if (readers->has_thread)
        (void)pthread_join(readers->thread, NULL);
    db_close(readers->db);
    listing_free(readers->listing);
    (void)pthread_cond_destroy(&readers->arrived);
    (void)pthread_mutex_destroy(&readers->lock);
    free(readers);
}

void readers_post(struct readers *readers, struct command *command)
{
    (void)pthread_mutex_lock(&readers->lock);
    list_push_back(&readers->waiting, &command->link);
    (void)pthread_mutex_unlock(&readers->lock);
    (void)pthread_cond_signal(&readers->arrived);
}

void readers_run(struct readers *readers, struct db *db, struct command *command)
{
    read_list(readers, db, command);
}
