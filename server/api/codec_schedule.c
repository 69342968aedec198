/* Schedule codec: the members of a schedule, one row each; its template is kept as it was sent. */
#include "codec_schedule.h"

#include "api/api.h"
#include "codec_task.h"

static const char *const LIFT[] = {"task", NULL};

struct draft {
    struct schedule_settings settings;
    struct bytes task;
    unsigned overlap, missed;
};

enum { ZONE_TEXT_MAX = 256 }; /* longer ones are no names; the engine knows which are */

#define AT(member) .at = offsetof(struct draft, member)
static const struct field FIELDS[] = {
    {.name = "cron",
     .read = field_text,
     AT(settings.cron),
     .min = 1,
     .max = INT64_MAX,
     .required = true},
    {.name = "timezone",
     .read = field_text,
     AT(settings.timezone),
     .min = 1,
     .max = ZONE_TEXT_MAX,
     .nullable = true},
    {.name = "task", .read = field_raw, AT(task), .max = INT64_MAX, .required = true},
    {.name = "overlap",
     .read = field_word,
     AT(overlap),
     .words = schedule_overlap_words,
     .nullable = true},
    {.name = "missed",
     .read = field_word,
     AT(missed),
     .words = schedule_missed_words,
     .nullable = true},
    {.name = "jitter_s",
     .read = field_seconds,
     AT(settings.jitter_ms),
     .max = SCHEDULE_JITTER_MAX_MS,
     .nullable = true},
    {.name = "paused", .read = field_bool, AT(settings.paused), .nullable = true},
};
#undef AT
static const struct shape SHAPE_OF_SCHEDULE = SHAPE(FIELDS, NULL);

/* ---- the template ---- */

static enum err refuse_member(struct codec *codec, const struct spot *task, const char *name,
                              const char *why)
{
    struct spot member = {.up = task, .name = name};

    return codec_refuse(codec, &member, ERR_INVALID_FIELD, "%s", why);
}

static enum err check_template(struct codec *codec, const struct spot *task,
                               const struct task_spec *spec)
{
    if (spec->delay_ms >= 0)
        return refuse_member(codec, task, "delay_s", "a schedule says when its tasks run");
    if (spec->run_at_ms >= 0)
        return refuse_member(codec, task, "run_at", "a schedule says when its tasks run");
    if (spec->rules.depends_on.at != NULL)
        return refuse_member(codec, task, "depends_on", "a schedule's tasks depend on none");
    if (spec->ref.at != NULL)
        return refuse_member(codec, task, "ref", "goes with a batch only");
    return OK;
}

enum err template_read(struct codec *codec, struct bytes json, struct task_spec *ret_spec)
{
    const struct spot task = {.name = "task"};
    struct document document;
    enum err code =
        document_open(&document, json, DOCUMENT_LIFT, codec->bounds, codec->arena, codec->error);

    codec->document = &document;
    if (code != OK)
        code = codec_refuse(codec, &task, code, "%s",
                            arena_string(codec->arena, bytes_of(codec->error->detail)));
    else
        code = task_spec_read(codec, &task, document.root, false, ret_spec);
    if (code == OK)
        code = check_template(codec, &task, ret_spec);
    codec->document = NULL;
    document_close(&document);
    return code;
}

enum err api_read_task(void *ctx, struct bytes json, int64_t now_ms, struct arena *mem,
                       struct task_spec *ret_spec, struct error *error)
{
    struct codec codec = {
        .bounds = ctx, .arena = mem, .error = error, .now_ms = now_ms, .is_judged = true};

    return template_read(&codec, json, ret_spec);
}

/* ---- the whole ---- */

enum err schedule_edit_read(struct codec *codec, struct bytes text, struct schedule_edit *edit)
{
    struct draft draft = {.settings = {.timezone = BYTES("UTC")}};
    struct task_spec spec;
    enum err code = codec_body_lifting(codec, text, LIFT, &SHAPE_OF_SCHEDULE, &draft, NULL);

    if (code == OK)
        code = template_read(codec, draft.task, &spec);
    if (code != OK)
        return code;
    edit->settings = draft.settings;
    edit->settings.overlap = (enum schedule_overlap)draft.overlap;
    edit->settings.missed = (enum schedule_missed)draft.missed;
    edit->settings.queue = spec.queue;
    edit->task = draft.task;
    return OK;
}
