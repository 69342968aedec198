/* Mailbox: two lanes in, one list out. */
#include "mailbox.h"

#include <time.h>

#include "base/assert.h"

/* So many posts wake a sleeping engine before the poster says that it is done: then the engine
 * works on some while the loop still reads others. With more the two would take turns. */
enum { GATHER_MAX = 16 };

enum table_lane { TABLE_URGENT, TABLE_NORMAL, TABLE_SOLO, TABLE_READ };

static const enum table_lane lane_table[COMMAND_MAX] = {
#define COMMAND(name, lane) [COMMAND_##name] = TABLE_##lane,
#include "tables/commands.def"
#undef COMMAND
};

bool command_is_solo(const struct command *command)
{
    return lane_table[command->kind] == TABLE_SOLO;
}

bool command_is_read(const struct command *command)
{
    return lane_table[command->kind] == TABLE_READ;
}

static enum lane lane_of(const struct command *command)
{
    /* A claim that brings outcomes ends work first. */
    if (command->kind == COMMAND_CLAIM && command->in.claim.outcomes_len > 0)
        return LANE_URGENT;
    return lane_table[command->kind] == TABLE_URGENT ? LANE_URGENT : LANE_NORMAL;
}

void mailbox_init(struct mailbox *mailbox)
{
    pthread_condattr_t attributes;

    int failed = pthread_mutex_init(&mailbox->lock, NULL);
    failed |= pthread_condattr_init(&attributes);
    failed |= pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    failed |= pthread_cond_init(&mailbox->arrived, &attributes);
    ASSERT(failed == 0);
    (void)pthread_condattr_destroy(&attributes);
    for (int lane = 0; lane < LANES; lane++)
        list_init(&mailbox->lanes[lane]);
    list_init(&mailbox->replies);
    list_init(&mailbox->packs);
    mailbox->gathered = 0;
    mailbox->is_stopped = mailbox->is_waiting = mailbox->solo_is_next = false;
}

void mailbox_fini(struct mailbox *mailbox)
{
    struct list_node *node;

    while ((node = list_pop_front(&mailbox->packs)) != NULL)
        event_pack_free(CONTAINER_OF(node, struct event_pack, link));
    (void)pthread_cond_destroy(&mailbox->arrived);
    (void)pthread_mutex_destroy(&mailbox->lock);
}

static void lock(struct mailbox *mailbox)
{
    int failed = pthread_mutex_lock(&mailbox->lock);

    ASSERT(failed == 0);
}

static void unlock(struct mailbox *mailbox)
{
    int failed = pthread_mutex_unlock(&mailbox->lock);

    ASSERT(failed == 0);
}

static bool has_mail(const struct mailbox *mailbox)
{
    return !list_is_empty(&mailbox->lanes[LANE_URGENT]) ||
           !list_is_empty(&mailbox->lanes[LANE_NORMAL]);
}

void mailbox_post(struct mailbox *mailbox, struct command *command)
{
    lock(mailbox);
    list_push_back(&mailbox->lanes[lane_of(command)], &command->link);

    bool needs_signal = ++mailbox->gathered == GATHER_MAX && mailbox->is_waiting;

    unlock(mailbox);
    if (needs_signal)
        (void)pthread_cond_signal(&mailbox->arrived);
}

void mailbox_nudge(struct mailbox *mailbox, bool stop)
{
    lock(mailbox);
    mailbox->is_stopped = mailbox->is_stopped || stop;

    bool needs_signal = mailbox->is_waiting && (stop || has_mail(mailbox));

    unlock(mailbox);
    if (needs_signal)
        (void)pthread_cond_signal(&mailbox->arrived);
}

static void wait_for_mail(struct mailbox *mailbox, int64_t wait_ms)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    /* One wait, no loop: a spurious wake-up only makes the caller look at its timers. */
    mailbox->is_waiting = true;
    (void)pthread_cond_timedwait(&mailbox->arrived, &mailbox->lock, &until);
    mailbox->is_waiting = false;
}

/* Move commands until max, or until one that must be alone. Returns whether it met one that has to
 * wait for that. */
static bool take_lane(struct list *lane, unsigned max, unsigned *taken, struct list *ret_commands)
{
    while (*taken < max) {
        struct list_node *node = list_first(lane);

        if (node == NULL)
            return false;

        bool is_solo = command_is_solo(CONTAINER_OF(node, struct command, link));

        if (is_solo && *taken > 0)
            return true;
        list_remove(node);
        list_push_back(ret_commands, node);
        *taken = is_solo ? max : *taken + 1;
    }
    return false;
}

bool mailbox_take(struct mailbox *mailbox, int64_t wait_ms, unsigned max, struct list *ret_commands)
{
    unsigned taken = 0;

    lock(mailbox);
    if (!has_mail(mailbox) && wait_ms > 0 && !mailbox->is_stopped)
        wait_for_mail(mailbox, wait_ms);
    /* However much is urgent, one that must be alone is passed over only once: all of its lane
     * waits behind it. */
    if (!mailbox->solo_is_next)
        (void)take_lane(&mailbox->lanes[LANE_URGENT], max, &taken, ret_commands);
    mailbox->solo_is_next = take_lane(&mailbox->lanes[LANE_NORMAL], max, &taken, ret_commands);

    bool goes_on = !mailbox->is_stopped;

    mailbox->gathered = 0;

    unlock(mailbox);
    return goes_on;
}

void mailbox_return(struct mailbox *mailbox, struct list *commands)
{
    if (list_is_empty(commands))
        return;
    lock(mailbox);
    while (!list_is_empty(commands)) {
        struct list_node *last = commands->head.prev;

        list_remove(last);
        list_push_front(&mailbox->lanes[lane_of(CONTAINER_OF(last, struct command, link))], last);
    }
    unlock(mailbox);
}

bool mailbox_answer(struct mailbox *mailbox, struct list *commands, struct event_pack *pack)
{
    lock(mailbox);

    bool was_fetched = list_is_empty(&mailbox->replies) && list_is_empty(&mailbox->packs);
    bool needs_wake = was_fetched && (pack != NULL || !list_is_empty(commands));

    list_move_all(&mailbox->replies, commands);
    if (pack != NULL)
        list_push_back(&mailbox->packs, &pack->link);
    unlock(mailbox);
    return needs_wake;
}

void mailbox_fetch(struct mailbox *mailbox, struct list *ret_commands, struct list *ret_packs)
{
    lock(mailbox);
    list_move_all(ret_commands, &mailbox->replies);
    list_move_all(ret_packs, &mailbox->packs);
    unlock(mailbox);
}

bool mailbox_is_empty(struct mailbox *mailbox)
{
    lock(mailbox);

    bool is_empty = !has_mail(mailbox);

    unlock(mailbox);
    return is_empty;
}
