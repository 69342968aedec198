/* Job env: what the program of a job finds in its environment. */
#include "job.h"

#include "base/json_scan.h"
#include "json.h"
#include "work.h"

#include <string.h>
#include <unistd.h>

enum { ADDED_MAX = 16 };

/* Ours to set: what the worker itself was started with must not look like a task's. */
static const char *const owned[] = {
    "TASK_ID",       "TASK_TYPE",         "TASK_QUEUE", "TASK_ATTEMPT", "TASK_MAX_ATTEMPTS",
    "TASK_DEADLINE", "TASK_CONTENT_TYPE", "SLUICE_URL", "SLUICE_NS",    "TRACEPARENT",
};

struct env {
    struct arena *arena;
    char **at;
    size_t len;
};

static bool is_owned(const char *entry)
{
    for (size_t i = 0; i < ARRAY_LEN(owned); i++) {
        size_t len = strlen(owned[i]);

        if (strncmp(entry, owned[i], len) == 0 && entry[len] == '=')
            return true;
    }
    return false;
}

/* A value that a C string cannot hold, or none at all, is left out. */
static void add(struct env *env, const char *name, struct bytes value)
{
    struct bytes prefix = arena_printf(env->arena, "%s=", name);
    char *entry;

    if (value.at == NULL || memchr(value.at, '\0', value.len) != NULL)
        return;
    entry = arena_alloc(env->arena, prefix.len + value.len + 1);
    memcpy(entry, prefix.at, prefix.len);
    memcpy(entry + prefix.len, value.at, value.len);
    env->at[env->len++] = entry;
}

static struct bytes content_type(struct job *job)
{
    struct bytes given = json_text_of(job->task, "content_type", job->arena);

    if (given.at != NULL)
        return given;
    return json_find(job->task, "payload").at != NULL ? BYTES("application/json") : BYTES_NONE;
}

char *const *job_env(struct job *job)
{
    struct env env = {.arena = job->arena};
    size_t inherited = 0;

    while (environ[inherited] != NULL)
        inherited++;
    env.at = arena_alloc(job->arena, (inherited + ADDED_MAX + 1) * sizeof(*env.at));
    for (size_t i = 0; i < inherited; i++)
        if (!is_owned(environ[i]))
            env.at[env.len++] = environ[i];
    add(&env, "TASK_ID", bytes_of(job->id));
    add(&env, "TASK_TYPE", json_text_of(job->task, "type", job->arena));
    add(&env, "TASK_QUEUE", json_text_of(job->task, "queue", job->arena));
    add(&env, "TASK_ATTEMPT", json_shown(json_find(job->task, "attempt"), job->arena));
    add(&env, "TASK_MAX_ATTEMPTS", json_shown(json_find(job->task, "max_attempts"), job->arena));
    add(&env, "TASK_DEADLINE", json_text_of(job->task, "attempt_deadline_at", job->arena));
    add(&env, "TASK_CONTENT_TYPE", content_type(job));
    add(&env, "TRACEPARENT", json_text_of(job->task, "traceparent", job->arena));
    add(&env, "SLUICE_URL", bytes_of(http_url(job->work->http)));
    add(&env, "SLUICE_NS", bytes_of(http_ns(job->work->http)));
    return env.at;
}
