/* Inbox: the one place that the main loop and the room's thread share. Nobody computes under its
 * lock. */
#include "inbox.h"

#include "base/assert.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>

struct inbox {
    pthread_mutex_t lock;
    struct list arrived;
    unsigned expected; /* commands that are still out */
    bool is_closed;
    uv_async_t *wake;
};

struct inbox *inbox_new(uv_async_t *wake)
{
    struct inbox *inbox = mem_alloc(sizeof(*inbox));
    int failed = pthread_mutex_init(&inbox->lock, NULL);

    ASSERT(failed == 0);
    list_init(&inbox->arrived);
    inbox->wake = wake;
    return inbox;
}

static void lock(struct inbox *inbox)
{
    int failed = pthread_mutex_lock(&inbox->lock);

    ASSERT(failed == 0);
}

static void unlock(struct inbox *inbox)
{
    int failed = pthread_mutex_unlock(&inbox->lock);

    ASSERT(failed == 0);
}

void inbox_expect(struct inbox *inbox)
{
    lock(inbox);
    inbox->expected++;
    unlock(inbox);
}

/* The last one out. */
static void free_if_over(struct inbox *inbox)
{
    if (!inbox->is_closed || inbox->expected > 0)
        return;
    (void)pthread_mutex_destroy(&inbox->lock);
    free(inbox);
}

void inbox_put(struct inbox *inbox, struct command *command)
{
    bool is_first;

    if (inbox->is_closed) { /* set by this thread */
        arena_free(command->mem);
        inbox->expected--;
        free_if_over(inbox);
        return;
    }
    lock(inbox);
    inbox->expected--;
    is_first = list_is_empty(&inbox->arrived);
    list_push_back(&inbox->arrived, &command->link);
    unlock(inbox);
    if (is_first)
        (void)uv_async_send(inbox->wake);
}

void inbox_fetch(struct inbox *inbox, struct list *ret_commands)
{
    lock(inbox);
    list_move_all(ret_commands, &inbox->arrived);
    unlock(inbox);
}

void inbox_close(struct inbox *inbox)
{
    struct list_node *node;

    while ((node = list_pop_front(&inbox->arrived)) != NULL)
        arena_free(CONTAINER_OF(node, struct command, link)->mem);
    inbox->is_closed = true;
    free_if_over(inbox);
}
