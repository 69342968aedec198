/* Batch: an array of tasks; each has its own answer, unless all or none was asked for. */
#include "batch.h"

#include <string.h>

#include "base/map.h"
#include "codec_task.h"
#include "wire.h"

/* What became of each element before the engine saw any. */
struct batch {
    struct error **problems; /* NULL: it is one of the specs */
    unsigned len;
};

/* ---- answers ---- */

void batch_write_item(struct json_out *out, const struct submit_item *item)
{
    if (item->error.code != OK) {
        batch_write_problem(out, &item->error);
        return;
    }
    json_member_int(out, "status", item->replayed || item->deduplicated ? 200 : 201);
    wire_member_id(out, "id", item->id);
    if (item->deduplicated)
        json_member_bool(out, "deduplicated", true);
}

void batch_write_problem(struct json_out *out, const struct error *problem)
{
    json_member_int(out, "status", err_status(problem->code));
    json_out_key(out, "problem");
    wire_problem(out, problem);
}

static void write_answer(struct answer *answer, const struct call *call)
{
    const struct batch *batch = call->extra;
    const struct submit_item *next = call->command.reply.items;
    struct json_out *out = &answer->out;
    unsigned accepted = 0;

    json_out_object(out);
    json_out_key(out, "items");
    json_out_array(out);
    for (unsigned i = 0; i < batch->len; i++) {
        json_out_object(out);
        if (batch->problems[i] != NULL) {
            batch_write_problem(out, batch->problems[i]);
        } else {
            accepted += next->error.code == OK;
            batch_write_item(out, next++);
        }
        json_out_object_end(out);
    }
    json_out_array_end(out);
    json_member_int(out, "accepted", accepted);
    json_member_int(out, "rejected", batch->len - accepted);
    json_out_object_end(out);
}

static void remember(struct command *command, int *ret_status, struct bytes *ret_location,
                     struct bytes *ret_body)
{
    const struct call *call = command->caller.ctx;
    struct answer answer;

    answer_begin(&answer);
    write_answer(&answer, call);
    *ret_status = 200;
    *ret_location = BYTES_NONE;
    *ret_body = answer_keep(&answer, call->arena);
}

/* Of all or none, the first that was refused speaks for all. */
static const struct submit_item *first_refused(const struct reply *reply)
{
    for (unsigned i = 0; i < reply->items_len; i++)
        if (reply->items[i].error.code != OK)
            return &reply->items[i];
    return NULL;
}

static void refuse_all(struct call *call, const struct submit_item *item)
{
    struct error error = item->error;

    (void)snprintf(error.where, sizeof(error.where), "/%zu%.*s",
                   (size_t)(item - call->command.reply.items), (int)sizeof(error.where) - 24,
                   item->error.where[0] == '/' ? item->error.where : "");
    answer_refuse(call, &error);
}

static void answer_batch(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    const struct submit_item *refused =
        call->command.in.submit.atomic ? first_refused(reply) : NULL;
    struct answer answer;

    if (reply->replayed) {
        answer_replay(call);
        return;
    }
    if (refused != NULL) {
        refuse_all(call, refused);
        return;
    }
    answer_begin(&answer);
    write_answer(&answer, call);
    answer_send(call, 200, &answer);
}

/* ---- the question ---- */

/* How many of the array's elements say each ref, whatever else is wrong with them. */
static struct map *count_refs(json_t *array)
{
    struct map *refs = map_new();

    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *said = json_object_get(json_array_get(array, i), "ref");
        struct bytes ref = {json_string_value(said), json_string_length(said)};
        void *before = ref.at == NULL ? NULL : map_get(refs, ref);

        if (ref.at != NULL)
            (void)map_put(refs, ref, (void *)((uintptr_t)before + 1));
    }
    return refs;
}

/* Which of two with the same ref was meant cannot be told: neither is taken. */
static enum err check_ref(struct codec *codec, const struct spot *spot,
                          const struct task_spec *spec, const struct map *refs)
{
    struct spot here = {.up = spot, .name = "ref"};
    void *count = spec->ref.at == NULL ? NULL : map_get(refs, spec->ref);

    if ((uintptr_t)count <= 1)
        return OK;
    return codec_refuse(codec, &here, ERR_INVALID_FIELD, "another task of this array has it");
}

/* In an item of the answer the pointer begins at the item. */
static struct error *problem_of_item(struct arena *arena, const struct error *error)
{
    struct error *problem = arena_copy(arena, error, sizeof(*error));
    const char *within = error->where[0] == '/' ? strchr(error->where + 1, '/') : NULL;

    if (error->where[0] == '/')
        (void)snprintf(problem->where, sizeof(problem->where), "%s", within != NULL ? within : "");
    return problem;
}

static enum err read_elements(struct call *call, struct codec *codec, json_t *array)
{
    struct submit *submit = &call->command.in.submit;
    struct batch *batch = arena_alloc(call->arena, sizeof(*batch));

    batch->len = (unsigned)json_array_size(array);
    batch->problems = arena_alloc(call->arena, batch->len * sizeof(*batch->problems));
    unsigned *places = arena_alloc(call->arena, batch->len * sizeof(*places));

    submit->specs = arena_alloc(call->arena, batch->len * sizeof(*submit->specs));
    submit->places = places;
    call->extra = batch;

    struct map *refs = count_refs(array);
    enum err refused = OK;

    for (unsigned i = 0; refused == OK && i < batch->len; i++) {
        struct spot here = {.index = i};
        struct task_spec *spec = &submit->specs[submit->specs_len];
        enum err code = task_spec_read(codec, &here, json_array_get(array, i), false, spec);

        if (code == OK)
            code = check_ref(codec, &here, spec, refs);
        if (code == OK)
            places[submit->specs_len++] = i;
        else if (submit->atomic)
            refused = code;
        else
            batch->problems[i] = problem_of_item(call->arena, &call->error);
    }
    map_free(refs);
    call->is_settled = submit->specs_len == 0;
    return refused;
}

static enum err check_len(struct codec *codec, size_t len)
{
    if ((int64_t)len > codec->bounds->of[BOUND_BATCH_MAX])
        return codec_refuse_bound(codec, NULL, BOUND_BATCH_MAX, len);
    if (len == 0)
        return codec_refuse(codec, NULL, ERR_INVALID_FIELD,
                            "must be an array of 1 to %d tasks, or one task a line",
                            (int)codec->bounds->of[BOUND_BATCH_MAX]);
    return OK;
}

static enum err decode_batch(struct call *call)
{
    struct document document;
    struct codec codec = call_codec(call);
    enum err code = call_flag(call, "atomic", &call->command.in.submit.atomic);

    if (code == OK)
        code = call_idempotency(call);
    if (code != OK)
        return code;
    call->command.remember = remember;
    code = document_open(&document, call->body, DOCUMENT_LIFT, codec.bounds, call->arena,
                         &call->error);
    codec.document = &document;
    codec.in_array = true;
    if (code == OK)
        code = check_len(&codec, json_array_size(document.root));
    if (code == OK)
        code = read_elements(call, &codec, document.root);
    document_close(&document);
    return code;
}

void batch_run_array(struct request *request, struct bytes body)
{
    static const char *const QUERY[] = {"atomic", NULL};
    static const struct operation OPERATION = {
        .kind = COMMAND_SUBMIT, .decode = decode_batch, .answer = answer_batch, .query = QUERY};

    call_run_with(request, &OPERATION, body);
}
