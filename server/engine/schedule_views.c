/* Schedule views: copies for answers, differences for the record. */
#include "schedule_views.h"

#include "audit.h"

void fill_schedule(struct command *command, const struct hot_schedule *schedule, struct bytes task,
                   struct schedule_view *ret_view)
{
    struct arena *mem = command->mem;
    struct schedule_view view = {
        .name = arena_bytes(mem, schedule->name),
        .settings = schedule->settings,
        .state = schedule->state,
        .task = arena_bytes(mem, task),
        .version = schedule->version,
        .created_at_ms = schedule->created_at_ms,
        .next_at_ms = hot_schedule_next_ms(schedule),
    };

    view.settings.cron = arena_bytes(mem, schedule->settings.cron);
    view.settings.timezone = arena_bytes(mem, schedule->settings.timezone);
    view.settings.queue = arena_bytes(mem, schedule->settings.queue);
    view.state.error = arena_bytes(mem, schedule->state.error);
    *ret_view = view;
}

static void write_text(struct json_out *out, const char *key, struct bytes is, struct bytes other)
{
    if (!bytes_equal(is, other))
        json_member_text(out, key, is);
}

/* What of one is not so in the other. */
static void write_side(struct json_out *out, const char *key, const struct schedule_settings *of,
                       const struct schedule_settings *other)
{
    json_out_key(out, key);
    json_out_object(out);
    write_text(out, "cron", of->cron, other->cron);
    write_text(out, "timezone", of->timezone, other->timezone);
    write_text(out, "queue", of->queue, other->queue);
    if (of->overlap != other->overlap)
        json_member_text(out, "overlap", bytes_of(schedule_overlap_words[of->overlap]));
    if (of->missed != other->missed)
        json_member_text(out, "missed", bytes_of(schedule_missed_words[of->missed]));
    if (of->jitter_ms != other->jitter_ms)
        json_member_seconds_or_null(out, "jitter_s", of->jitter_ms);
    if (of->paused != other->paused)
        json_member_bool(out, "paused", of->paused);
    json_out_object_end(out);
}

struct bytes schedule_audit(struct batch *batch, const struct schedule_settings *before,
                            const struct schedule_settings *after, bool task_changed)
{
    const struct schedule_settings none = {.jitter_ms = 0};
    struct audit_detail detail;

    audit_detail_begin(&detail);
    if (before != NULL)
        write_side(&detail.out, "before", before, after);
    write_side(&detail.out, "after", after, before != NULL ? before : &none);
    if (task_changed)
        json_member_bool(&detail.out, "task_changed", true);
    return audit_detail_end(&detail, batch->mem);
}
