/* Model: what is known of every task, and one look at a batch: first its events, then the rows. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sight.h"

bool phase_is_over(enum phase phase)
{
    return phase == SUCCEEDED || phase == FAILED || phase == CANCELLED || phase == EXPIRED;
}

enum phase phase_of(int64_t state)
{
    static const enum phase phases[TASK_STATE_MAX] = {
        [TASK_SCHEDULED] = PENDING, [TASK_BLOCKED] = PENDING,     [TASK_READY] = PENDING,
        [TASK_RETRYING] = PENDING,  [TASK_RUNNING] = RUNNING,     [TASK_WAITING] = RUNNING,
        [TASK_FAILED] = FAILED,     [TASK_SUCCEEDED] = SUCCEEDED, [TASK_CANCELLED] = CANCELLED,
        [TASK_EXPIRED] = EXPIRED,
    };

    return state > 0 && state < TASK_STATE_MAX ? phases[state] : ABSENT;
}

bool word_is_final(int64_t task, int64_t delivery)
{
    return (task * 7 + delivery) % 11 == 0;
}

int64_t word_delay_ms(int64_t task, int64_t delivery)
{
    int64_t pick = (task * 5 + delivery * 3) % 7;

    return pick < 4 ? -1 : (pick - 4) * 1500;
}

bool worker_may_run(const struct row_worker *worker, const struct row_class *of_class)
{
    const char *demand = of_class->requires;
    char id[ID_TEXT_LEN + 1];

    id_format(worker->id, id);
    if (demand[0] == '@') {
        if (strncmp(demand + 1, id, ID_TEXT_LEN) != 0)
            return false;
        demand += ID_TEXT_LEN + 2;
    }
    /* No name or value here is the end of another. */
    for (size_t len; demand[0] != '\0'; demand += len) {
        len = strcspn(demand, "\n") + 1;
        if (memmem(worker->labels, strlen(worker->labels), demand, len) == NULL)
            return false;
    }
    return worker->types[0] == '\0' || strstr(worker->types, of_class->type) != NULL;
}

bool worker_has_queue(const struct row_worker *worker, const struct row_queue *queue)
{
    return strstr(worker->queues, queue->name) != NULL;
}

void model_fini(struct model *model)
{
    for (int64_t i = 0; i < model->tasks_len; i++) {
        if (model->tasks[i] != NULL) {
            free(model->tasks[i]->said);
            free(model->tasks[i]->rules_text);
        }
        free(model->tasks[i]);
    }
    free(model->tasks);
    snapshot_free(&model->snapshots[0]);
    snapshot_free(&model->snapshots[1]);
}

struct known *model_known(struct model *model, int64_t number)
{
    if (number < 0 || number > 1000000)
        return NULL;
    if (number >= model->tasks_len) {
        int64_t len = number * 2 + 16;

        model->tasks = mem_resize(model->tasks, (size_t)len * sizeof(struct known *));
        for (int64_t i = model->tasks_len; i < len; i++)
            model->tasks[i] = NULL;
        model->tasks_len = len;
    }
    if (model->tasks[number] == NULL) {
        model->tasks[number] = mem_alloc(sizeof(struct known));
        model->tasks[number]->number = number;
    }
    return model->tasks[number];
}

const struct known *model_by_id(const struct model *model, struct id id)
{
    for (int64_t i = 0; i < model->tasks_len; i++)
        if (model->tasks[i] != NULL && id_equal(model->tasks[i]->id, id))
            return model->tasks[i];
    return NULL;
}

const struct snapshot *model_now(const struct model *model)
{
    return &model->snapshots[model->newest];
}

const struct snapshot *model_before(const struct model *model)
{
    return &model->snapshots[!model->newest];
}

void model_said(struct model *model, const struct lease_token *token, unsigned bit)
{
    struct known *known = model_known(model, token->task);
    unsigned delivery = (unsigned)token->delivery;

    if (delivery >= known->said_len) {
        known->said = mem_resize(known->said, delivery * 2 + 8);
        memset(known->said + known->said_len, 0, delivery * 2 + 8 - known->said_len);
        known->said_len = delivery * 2 + 8;
    }
    known->said[delivery] = (uint8_t)(known->said[delivery] | bit);
}

void model_restarted(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);

    for (unsigned i = 0; i < BUCKETS; i++) /* rates begin anew */
        sim->model.of_limits[i].rate = sim->model.of_queues[i].rate = (struct rate_limit){0, 0, 0};
    for (unsigned i = 0; i < now->leases_len; i++) {
        struct known *known = model_known(&sim->model, now->leases[i].task);
        int64_t least_ms = now->leases[i].lease_ms < 30000 ? now->leases[i].lease_ms : 30000;

        known->lease_ms = now->leases[i].lease_ms;
        known->lasts_until_ms = sim->now.mono_ms + least_ms;
        known->heard_of_cancel = false;
    }
}

void model_look(struct sim *sim)
{
    struct model *model = &sim->model;
    struct sight look = {.sim = sim, .model = model};

    model->newest = !model->newest;
    rows_read(sim->rows, model->last_event, &model->snapshots[model->newest]);
    look.before = model_before(model);
    look.after = model_now(model);
    for (int64_t i = 0; i < model->tasks_len; i++) {
        struct known *known = model->tasks[i];

        if (known == NULL)
            continue;
        known->was_claimed = false;
        look.running[known->queue] += known->phase == RUNNING;
        look.pending[known->queue] += known->phase == PENDING;
    }
    limits_begin(&look);
    keys_begin(&look);
    for (unsigned i = 0; i < look.after->events_len; i++)
        sight_event(&look, &look.after->events[i]);
    sight_rows(&look);
    hooks_look(&look);
}
