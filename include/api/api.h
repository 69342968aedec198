/* API: the operations of the contract, as handlers between HTTP requests and the engine's commands.
 */
#pragma once

#include "api/failures.h"
#include "api/feed.h"
#include "api/keyring.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "domain/bounds.h"
#include "domain/push_url.h"
#include "engine/engine.h"
#include "http/route.h"

struct http_server;

/* What the handlers work with; filled by main, handed to the HTTP server as its ctx, and as
 * long-lived as that. */
struct api {
    struct engine *engine;
    struct keyring *keyring;
    struct failures *failures; /* wrong tokens, by address; NULL: of nobody */
    struct feed *feed;         /* events for those who listen */
    struct metrics *metrics;
    const struct http_server *http; /* for the connection gauge; NULL: none yet */
    const struct push_policy
        *push_policy;      /* which addresses may be called; NULL: public ones by https: alone */
    const char *data_dir;  /* long streams spool their answer lines there, in unlinked files */
    int64_t started_at_ms; /* wall clock */
    int64_t heartbeat_ms, worker_ttl_ms;
    struct bounds bounds;              /* of what a request may say */
    uint8_t secret[ENGINE_SECRET_LEN]; /* of the store: keys cursors */
    bool manual_clock;                 /* POST /v1/test/advance exists */
    bool serves_loopback_only;
    unsigned parked_per_token;      /* 0: no bound */
    struct rate_limit token_rate;   /* of requests, each token for itself; units 0: no bound */
    struct rate_limit failure_rate; /* of wrong tokens, each address for itself */
    const char *version, *commit, *store_version, *http_version;
};

/* The broker's time, for tokens and rates: the engine's. */
struct moment api_now(const struct api *api);

/* http_server_options.admit: checks the token, its scope, its namespaces and its rate. Whoever it
 * finds is held until the request ends. */
enum err api_admit(void *ctx, struct request *request, const struct route *route,
                   struct error *error);

/* engine_options.read_task; ctx is the struct bounds, which must not change any more once the
 * engine runs. */
task_spec_reader api_read_task;

/* Puts on record what was refused and not noted yet; each minute, and at the end (then of the first
 * hundred addresses at least, whatever was noted when). */
void api_note_refused(const struct api *api, bool is_end);
/* Tell the engine which tokens of the store were used since the last time, */
void api_note_uses(const struct api *api);
/* and which ended so long ago that nobody misses them. */
void api_sweep_tokens(struct api *api);

/* The part of the routes that a second listener serves: health and metrics. */
const struct route *api_health_routes(size_t *ret_len);
/* The route table, made from api/openapi.yaml, with bodies as large as the bounds say; free() it
 * when nothing serves it any more. */
struct route *api_routes(const struct bounds *bounds, size_t *ret_len);

/* For http_server_options.on_answered; ctx is the struct api. */
void api_count_answer(void *ctx, const struct route *route, struct bytes method, int status,
                      int64_t took_us);
