/* Book: one parked question, asked again behind the newest mark. */
#include "book.h"

#include "target.h"
#include "turns.h"

enum { SHORT_MS = 50 };

static void take_view(struct push *push, const struct target_view *view)
{
    char key[TARGET_KEY_LEN];
    struct target *target;

    if (view->changed > push->mark)
        push->mark = view->changed;
    target_key(view, key);
    target = map_get(push->targets, (struct bytes){key, TARGET_KEY_LEN});
    if (target != NULL) {
        target_change(push, target, view);
    } else {
        target = target_new(push, view);
        (void)map_put(push->targets, (struct bytes){target->key, TARGET_KEY_LEN}, target);
    }
    turns_mark(push, target);
}

static void on_told(struct push *push, struct errand *errand)
{
    const struct reply *reply = &errand->command.reply;
    int64_t now_ms = push_now_ms(push);

    push->is_watching = false;
    for (unsigned i = 0; i < reply->targets_len; i++)
        take_view(push, &reply->targets[i]);
    if (reply->error.code != OK)
        push->watch_from_ms = now_ms + ERRAND_AGAIN_MS;
    else if (reply->targets_len == 0 && now_ms - errand->posted_ms < SHORT_MS)
        push->watch_from_ms = now_ms + ERRAND_AGAIN_MS;
    arena_free(errand->command.mem);
}

void book_watch(struct push *push)
{
    struct errand *errand;

    if (push->is_watching || push_now_ms(push) < push->watch_from_ms || push_is_draining(push))
        return;
    errand = errand_new(NULL, COMMAND_WATCH_TARGETS, on_told);
    errand->command.wait_ms = ERRAND_FOREVER_MS;
    errand->command.ns = BYTES("default");
    errand->command.in.targets.since = push->mark;
    push->is_watching = true;
    errand_post(push, errand);
}
