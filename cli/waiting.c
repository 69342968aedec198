/* Waiting: until a task has ended, over as many questions to the broker as that takes. */
#include "waiting.h"

#include "base/clock.h"
#include "base/json_scan.h"
#include "json.h"
#include "message.h"
#include "printable.h"
#include "query.h"

#include <stdio.h>
#include <unistd.h>

enum {
    SLICE_MS = 30 * 1000,
    WATCHED_SLICE_MS = 1000, /* someone looks at the progress */
    ANSWER_SLACK_MS = 15 * 1000,
    AWAY_MS_MAX = 60 * 1000,
    PAUSE_MS = 500,
};

struct waiting {
    struct client *client;
    const char *task_id;
    int64_t end_mono_ms;        /* -1: none */
    int64_t away_since_mono_ms; /* -1: the broker answers */
    bool was_there;             /* something has been at the other end */
    bool is_watched;
    struct bytes shown; /* the progress line that was printed last */
};

static int64_t now_mono_ms(void)
{
    struct clock clock = clock_system();

    return clock.now(clock.ctx).mono_ms;
}

struct bytes waiting_seconds(int64_t ms, struct arena *arena)
{
    return arena_printf(arena, "%lld.%03d", (long long)(ms / 1000), (int)(ms % 1000));
}

static bool is_ended(struct bytes state)
{
    return bytes_is(state, "succeeded") || bytes_is(state, "failed") ||
           bytes_is(state, "cancelled") || bytes_is(state, "expired");
}

/* One line on a terminal for each change of state or progress. */
static void show_progress(struct waiting *waiting, struct bytes task)
{
    struct arena *arena = client_arena(waiting->client);
    struct bytes progress = json_find(task, "progress");
    struct bytes state = json_text_of(task, "state", arena);
    struct bytes percent = BYTES_NONE;
    struct bytes message = BYTES_NONE;
    struct bytes line;

    if (progress.len > 0 && progress.at[0] == '{') {
        percent = json_shown(json_find(progress, "percent"), arena);
        message = json_text_of(progress, "message", arena);
    }
    line =
        arena_printf(arena, "%.*s%s%.*s%s%s%.*s", BYTES_ARG(state), percent.at != NULL ? "  " : "",
                     BYTES_ARG(percent), percent.at != NULL ? "%" : "",
                     message.at != NULL ? "  " : "", BYTES_ARG(message));
    if (bytes_equal(line, waiting->shown))
        return;
    waiting->shown = line;
    message_note("%s  %.*s", waiting->task_id, BYTES_ARG(printable(line, arena)));
}

static int ask_once(struct waiting *waiting, int64_t wait_ms, struct reply *ret_reply)
{
    struct query query;
    int exit_code;

    query_init(&query, "/v1/tasks");
    query_segment(&query, waiting->task_id);
    query_parameter(&query, "wait", waiting_seconds(wait_ms, client_arena(waiting->client)));

    const struct http_request request = {
        .method = "GET", .path = query_text(&query), .timeout_ms = wait_ms + ANSWER_SLACK_MS};

    exit_code = client_exchange(waiting->client, &request, ret_reply);
    query_fini(&query);
    return exit_code;
}

static int64_t slice_ms(const struct waiting *waiting, int64_t now_ms)
{
    int64_t slice = waiting->is_watched ? WATCHED_SLICE_MS : SLICE_MS;

    if (waiting->end_mono_ms < 0)
        return slice;

    int64_t left = waiting->end_mono_ms > now_ms ? waiting->end_mono_ms - now_ms : 0;

    return left < slice ? left : slice;
}

/* A broker that was there a moment ago may be restarting: worth a while. */
static bool may_come_back(struct waiting *waiting, int exit_code, const struct reply *reply,
                          int64_t now_ms)
{
    bool is_away =
        exit_code == EXIT_CODE_UNREACHABLE || (exit_code == EXIT_CODE_OK && reply->status == 503);

    waiting->was_there = waiting->was_there || !reply->was_refused;
    if (!is_away || !waiting->was_there)
        return false;
    if (waiting->away_since_mono_ms < 0)
        waiting->away_since_mono_ms = now_ms;
    if (waiting->end_mono_ms >= 0 && now_ms >= waiting->end_mono_ms)
        return false;
    return now_ms - waiting->away_since_mono_ms < AWAY_MS_MAX;
}

static int interrupted(const struct waiting *waiting)
{
    message_error("interrupted; task %s goes on", waiting->task_id);
    return EXIT_CODE_INTERRUPTED;
}

int waiting_run(struct client *client, const char *task_id, int64_t timeout_ms,
                struct bytes *ret_task)
{
    struct waiting waiting = {
        .client = client,
        .task_id = task_id,
        .end_mono_ms = timeout_ms < 0 ? -1 : now_mono_ms() + timeout_ms,
        .away_since_mono_ms = -1,
        .is_watched = isatty(STDERR_FILENO),
    };

    for (;;) {
        struct reply reply = {.status = 0};
        int exit_code = ask_once(&waiting, slice_ms(&waiting, now_mono_ms()), &reply);
        int64_t now_ms = now_mono_ms();

        if (exit_code == EXIT_CODE_INTERRUPTED)
            return interrupted(&waiting);
        if (may_come_back(&waiting, exit_code, &reply, now_ms)) {
            if (!client_pause(client, PAUSE_MS))
                return interrupted(&waiting);
            continue;
        }
        if (exit_code != EXIT_CODE_OK || reply.status != 200)
            return client_tell(client, exit_code, &reply);
        if (!json_is_object(reply.body)) {
            message_error("the answer is no task");
            return EXIT_CODE_FAILURE;
        }
        waiting.away_since_mono_ms = -1;
        *ret_task = reply.body;
        if (is_ended(json_text_of(reply.body, "state", client_arena(client))))
            return EXIT_CODE_OK;
        if (waiting.end_mono_ms >= 0 && now_ms >= waiting.end_mono_ms)
            return EXIT_CODE_WAIT_TIMEOUT;
        if (waiting.is_watched)
            show_progress(&waiting, reply.body);
    }
}

int waiting_tell(struct client *client, struct bytes task)
{
    struct arena *arena = client_arena(client);
    struct bytes state = json_text_of(task, "state", arena);
    struct bytes id = json_text_of(task, "id", arena);
    struct bytes error = json_find(task, "error");
    struct bytes why;

    if (bytes_is(state, "succeeded"))
        return EXIT_CODE_OK;
    if (bytes_is(state, "failed") && json_is_object(error)) {
        struct bytes type = printable(json_text_of(error, "type", arena), arena);

        why = printable(json_text_of(error, "message", arena), arena);
        message_error("task %.*s failed: %.*s: %.*s", BYTES_ARG(id), BYTES_ARG(type),
                      BYTES_ARG(why));
        return EXIT_CODE_TASK_FAILED;
    }
    if (bytes_is(state, "failed")) {
        message_error("task %.*s failed", BYTES_ARG(id));
        return EXIT_CODE_TASK_FAILED;
    }
    why = printable(json_text_of(task, "cancel_reason", arena), arena);
    message_error("task %.*s is %.*s%s%.*s", BYTES_ARG(id), BYTES_ARG(state),
                  why.len > 0 ? ": " : "", BYTES_ARG(why));
    return EXIT_CODE_TASK_CANCELLED;
}
