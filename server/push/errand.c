/* Errand: as the broker's own principal, and by the same commands as everybody. */
#include "errand.h"

#include "inbox.h"
#include "push_struct.h"
#include "target.h"

static void on_done(struct command *command)
{
    struct errand *errand = CONTAINER_OF(command, struct errand, command);

    inbox_put(errand->inbox, command);
}

static bool is_wanted(const struct caller *caller)
{
    const struct errand *errand = caller->ctx;

    return !atomic_load(&errand->is_unwanted);
}

struct errand *errand_new(struct arena *mem, enum command_kind kind, errand_back *on_back)
{
    struct arena *arena = mem != NULL ? mem : arena_new();
    struct errand *errand = arena_alloc(arena, sizeof(*errand));

    errand->command.kind = kind;
    errand->command.mem = arena;
    errand->command.by = &principal_broker;
    errand->command.caller = (struct caller){.ctx = errand, .done = on_done, .is_alive = is_wanted};
    errand->on_back = on_back;
    return errand;
}

void errand_about(struct errand *errand, struct target *target)
{
    errand->target = target;
    target->errands++;
    errand->command.ns = arena_bytes(errand->command.mem, target->ns);
}

void errand_post(struct push *push, struct errand *errand)
{
    errand->inbox = push->inbox;
    errand->posted_ms = push_now_ms(push);
    inbox_expect(push->inbox);
    engine_post(push->options.engine, &errand->command);
    push->has_posted = true;
}

void errand_want(struct errand *errand, bool is_wanted_now)
{
    atomic_store(&errand->is_unwanted, !is_wanted_now);
}

bool errand_has_to_be_repeated(const struct errand *errand)
{
    enum err code = errand->command.reply.error.code;

    return code == ERR_DISK_RESERVE || code == ERR_STORE_UNAVAILABLE;
}

void errands_fetch(struct push *push)
{
    struct list arrived;
    struct list_node *node;

    list_init(&arrived);
    inbox_fetch(push->inbox, &arrived);
    while ((node = list_pop_front(&arrived)) != NULL) {
        struct errand *errand =
            CONTAINER_OF(CONTAINER_OF(node, struct command, link), struct errand, command);
        struct target *target = errand->target;

        if (errand->on_back != NULL)
            errand->on_back(push, errand);
        else
            arena_free(errand->command.mem);
        if (target == NULL)
            continue;
        target->errands--;
        target_free_if_over(push, target);
    }
}
