/* Dead letter: copying, and taking the copy back when the task itself runs again. */
#include "dead_letter.h"

#include "base/json_out.h"
#include "cancels.h"
#include "place.h"
#include "store/repo_dead_letter.h"
#include "submits.h"

/* A task that failed again and again has as many copies; nearly all are over. */
enum { COPIES_MAX = 100 };

/* ---- making one ---- */

static struct task make_copy(struct batch *batch, const struct task *from, struct hot_queue *queue)
{
    const struct hot_class *of_class = hot_class_numbered(batch->hot, from->class_number);
    struct task tagged = *from;
    struct task copy;

    body_load(batch->db, &tagged, false, batch->mem);
    copy = submit_blank(batch, queue, hot_class(batch->hot, queue->ns, of_class->type, BYTES_NONE),
                        batch->now.wall_ms);
    copy.priority = from->priority;
    copy.tags = tagged.tags;
    copy.bytes = from->bytes - from->end_bytes;
    copy.is_dead_letter = true;
    copy.state = place_of(batch, &copy);
    task_enter_bare(batch, &copy, from->number);
    return copy;
}

static void keep_origin(struct batch *batch, const struct task *copy, const struct task *original)
{
    struct dead_letter letter = {
        .task = original->id,
        .queue = task_queue(batch, original)->name,
        .attempts = original->attempt,
        .failed_at_ms = original->finished_at_ms,
        .error = result_error(batch->db, original->number, batch->mem),
    };

    dead_letter_insert(batch->db, copy->number, original->number, &letter);
    batch->rows++;
}

/* The object with one more member: the copy's id, or null where it could not be made. */
static struct bytes tell(struct batch *batch, struct bytes data, const struct hot_queue *queue,
                         const struct task *copy)
{
    char id[ID_TEXT_LEN + 1] = "";
    int head_len = data.len > 0 ? (int)data.len - 1 : 0;

    if (copy == NULL)
        return arena_printf(batch->mem,
                            "%.*s%s\"dead_letter\":{\"queue\":\"%.*s\",\"task_id\":null,"
                            "\"detail\":\"the queue is closed\"}}",
                            head_len, data.at, head_len > 1 ? "," : "{", BYTES_ARG(queue->name));
    id_format(copy->id, id);
    return arena_printf(batch->mem,
                        "%.*s%s\"dead_letter\":{\"queue\":\"%.*s\",\"task_id\":\"%s\"}}", head_len,
                        data.at, head_len > 1 ? "," : "{", BYTES_ARG(queue->name), id);
}

/* Neither a full queue nor a namespace's quota is in its way: nothing vanishes. */
struct bytes dead_letter_make(struct batch *batch, const struct task *task, struct bytes data)
{
    struct hot_queue *from = task_queue(batch, task);
    struct bytes name = from->settings.dead_letter_queue;
    struct hot_queue *queue;
    struct task copy;

    if (name.at == NULL || task->is_dead_letter)
        return data;
    queue = hot_queue(batch->hot, from->ns, name, batch->now.wall_ms);
    if (queue->closing == QUEUE_CLOSING || queue->closing == QUEUE_CLOSED)
        return tell(batch, data, queue, NULL);
    copy = make_copy(batch, task, queue);
    keep_origin(batch, &copy, task);
    batch_queue_metric(batch, METRIC_DEAD_LETTERS, from, BYTES_NONE);
    return tell(batch, data, queue, &copy);
}

/* ---- running the task again ---- */

static bool next_copy(struct batch *batch, const struct task *original, int64_t *before,
                      struct task *ret_copy)
{
    *before = dead_letter_copy(batch->db, original->number, *before);
    return *before >= 0 && task_load_number(batch->db, *before, ret_copy);
}

bool dead_letter_may_redrive(struct batch *batch, struct command *command,
                             const struct task *original)
{
    int64_t before = INT64_MAX;
    char id[ID_TEXT_LEN + 1];
    struct task copy;

    for (int i = 0; i < COPIES_MAX && next_copy(batch, original, &before, &copy); i++) {
        if (task_state_is_terminal(copy.state) || copy.delivery == 0)
            continue;
        id_format(copy.id, id);
        batch_refuse(batch, command, ERR_STATE_CONFLICT, "",
                     "its dead letter %s was claimed and is %s", id, task_state_name(copy.state));
        return false;
    }
    return true;
}

void dead_letter_redrive(struct batch *batch, const struct task *original)
{
    struct cancel_how how = {.reason = BYTES("redriven"), .grace_ms = GRACE_DEFAULT_MS};
    int64_t before = INT64_MAX;
    struct task copy;

    for (int i = 0; i < COPIES_MAX && next_copy(batch, original, &before, &copy); i++)
        if (copy.delivery == 0)
            cancel_task(batch, &copy, &how);
}
