/* Event: names of the kinds, an event's form, and which of them a subscriber wants. */
#include "domain/event.h"

#include "base/assert.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const names[EVENT_MAX] = {
#define EVENT(number, name, wire, when, says) [(number)] = (wire),
#include "tables/events.def"
#undef EVENT
};

const char *event_name(enum event_kind kind)
{
    ASSERT(kind > EVENT_NONE && kind < EVENT_MAX);
    return names[kind];
}

bool event_is_end(enum event_kind kind)
{
    return kind == EVENT_TASK_SUCCEEDED || kind == EVENT_TASK_FAILED ||
           kind == EVENT_TASK_CANCELLED || kind == EVENT_TASK_EXPIRED;
}

/* ---- its form ---- */

void event_write(struct json_out *out, const struct event *event)
{
    char number[24], task[ID_TEXT_LEN + 1];

    (void)snprintf(number, sizeof(number), "%" PRId64, event->number);
    json_out_object(out);
    json_member_text(out, "id", bytes_of(number));
    json_member_time_or_null(out, "at", event->at_ms);
    json_member_text(out, "type", bytes_of(event_name(event->kind)));
    json_member_text_or_null(out, "namespace", event->ns);
    if (!id_is_nil(event->task)) {
        id_format(event->task, task);
        json_member_text(out, "task_id", bytes_of(task));
    }
    if (event->task_type.len > 0)
        json_member_text(out, "task_type", event->task_type);
    if (event->queue.at != NULL)
        json_member_text(out, "queue", event->queue);
    json_member_raw(out, "data", event->data.at != NULL ? event->data : BYTES("{}"));
    json_out_object_end(out);
}

struct bytes event_json(const struct event *event, struct arena *arena)
{
    struct buffer buffer;
    struct json_out out;
    struct bytes json;

    buffer_init(&buffer, SIZE_MAX);
    json_out_init(&out, &buffer);
    event_write(&out, event);
    json = arena_bytes(arena, buffer_bytes(&buffer));
    buffer_fini(&buffer);
    return json;
}

/* ---- who wants it ---- */

/* One that names no kind is a slip: nothing would ever come. */
static bool names_a_kind(struct bytes glob)
{
    for (int kind = EVENT_NONE + 1; kind < EVENT_MAX; kind++)
        if (names[kind] != NULL && globs_match(glob, bytes_of(names[kind])))
            return true;
    return false;
}

bool event_types_are_valid(struct bytes types)
{
    struct bytes glob;

    if (!globs_are_valid(types))
        return false;
    while (bytes_split(&types, ',', &glob))
        if (!names_a_kind(glob))
            return false;
    return true;
}

static bool is_among(struct bytes tasks, struct id task)
{
    struct bytes text;
    struct id id;

    while (bytes_split(&tasks, ',', &text))
        if (id_parse(text, &id) && id_equal(id, task))
            return true;
    return false;
}

bool event_matches(const struct event_filter *filter, const struct event *event)
{
    if (filter->types.at != NULL && !globs_match(filter->types, bytes_of(event_name(event->kind))))
        return false;
    if (filter->queues.at != NULL &&
        (event->queue.at == NULL || !globs_match(filter->queues, event->queue)))
        return false;
    return filter->tasks.at == NULL ||
           (!id_is_nil(event->task) && is_among(filter->tasks, event->task));
}

bool event_is_shown(const struct event *event, struct bytes ns, const struct grant *grant)
{
    if (event->ns.at == NULL)
        return grant_is_unbounded(grant);
    if (!bytes_equal(event->ns, ns))
        return false;
    return globs_are_all(grant->queues) ||
           (event->queue.at != NULL && grant_has_queue(grant, event->queue));
}
