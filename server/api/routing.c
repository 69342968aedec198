/* Routing: tries a filter on headers. Nothing is asked of the engine. */
#include "call.h"
#include "domain/filter.h"
#include "handlers.h"

struct draft {
    struct bytes headers;
    struct bytes filters;
};

static const struct field FIELDS[] = {
    {.name = "headers",
     .read = field_object,
     .at = offsetof(struct draft, headers),
     .max = HEADERS_BYTES_MAX,
     .least = BOUND_TASK_HEADERS_MAX,
     .required = true},
    /* Its own size is the filter's to refuse. */
    {.name = "filters",
     .read = field_raw,
     .at = offsetof(struct draft, filters),
     .max = INT64_MAX,
     .required = true},
};
static const struct shape SHAPE_OF_TEST = SHAPE(FIELDS, NULL);

static enum err decode_test(struct call *call)
{
    static const char *const LIFT[] = {"headers", "filters", NULL};
    struct codec codec = call_codec(call);
    struct draft draft = {.headers = BYTES_NONE};
    const struct filter *filter = NULL;
    struct json_value headers;
    enum err code = codec_body_lifting(&codec, call->body, LIFT, &SHAPE_OF_TEST, &draft, NULL);

    if (code == OK)
        code = filter_read(draft.filters, "/filters", call->arena, &filter, &call->error);
    if (code == OK)
        code = json_value_read(draft.headers, JSON_VALUE_DEPTH_MAX, call->arena, &headers,
                               &call->error);
    if (code != OK)
        return code;

    struct filter_verdict *verdict = arena_alloc(call->arena, sizeof(*verdict));

    *verdict = filter_match(filter, &headers, call->arena);
    call->extra = verdict;
    call->is_settled = true;
    return OK;
}

static void answer_test(struct call *call)
{
    const struct filter_verdict *verdict = call->extra;
    struct answer answer;

    answer_begin(&answer);
    json_out_object(&answer.out);
    json_member_bool(&answer.out, "match", verdict->matches);
    json_out_object_end(&answer.out);
    answer_send(call, 200, &answer);
}

void op_test_route(struct request *request)
{
    static const struct operation OPERATION = {.decode = decode_test, .answer = answer_test};

    call_run(request, &OPERATION);
}
