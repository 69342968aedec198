/* Errand: one kind of exchange that is made over and over: it is under way, or due at some time. */
#include "errand.h"

#include "base/assert.h"
#include "base/clock.h"

int64_t errand_now_mono_ms(void)
{
    struct clock clock = clock_system();

    return clock.now(clock.ctx).mono_ms;
}

bool errand_is_due(const struct errand *errand, int64_t now_mono_ms)
{
    return errand->call == NULL && now_mono_ms >= errand->due_mono_ms;
}

void errand_start(struct errand *errand, struct http *http, const struct http_request *request,
                  http_done_fn *done, void *ctx)
{
    ASSERT(errand->call == NULL);
    errand->started_mono_ms = errand_now_mono_ms();
    errand->call = http_start(http, request, done, ctx);
}

static bool is_worth_another_try(int status)
{
    return status == 0 || status == 408 || status == 429 || status >= 500;
}

enum errand_end errand_ended(struct errand *errand, const struct http_answer *answer)
{
    errand->call = NULL;
    errand->due_mono_ms = ERRAND_NEVER;
    if (is_worth_another_try(answer->status)) {
        errand->due_mono_ms =
            errand_now_mono_ms() + backoff_next_ms(&errand->backoff, answer->retry_after_ms);
        return ERRAND_TRY_AGAIN;
    }
    backoff_reset(&errand->backoff);
    return answer->status >= 200 && answer->status <= 299 ? ERRAND_ANSWERED : ERRAND_REFUSED;
}

void errand_wake(struct errand *errand)
{
    if (errand->call == NULL && errand->backoff.failures > 0)
        errand->due_mono_ms = 0;
}

void errand_drop(struct errand *errand, int64_t due_mono_ms)
{
    http_cancel(errand->call);
    errand->call = NULL;
    errand->due_mono_ms = due_mono_ms;
}

int64_t errand_next_mono_ms(const struct errand *errand)
{
    return errand->call != NULL ? ERRAND_NEVER : errand->due_mono_ms;
}
