/* Broker: the parts of the running process, shared by those who start, serve, reload and stop it.
 * Loop thread only but for exit_code. */
#pragma once

#include <stdatomic.h>

#include "api/api.h"
#include "config.h"
#include "engine/engine.h"
#include "http/server.h"
#include "push/push.h"

/* When the files that SIGHUP reads again were modified, as far as they are in force; -1: unknown.
 */
struct broker_read_at {
    int64_t tokens, cert, key, client_ca;
};

struct broker {
    const struct config *config;
    struct metrics *metrics;
    struct keyring *keyring;
    struct failures *failures;
    struct engine *engine; /* NULL before it is open and after it was closed */
    struct http_server *http;
    struct http_server *health; /* NULL: there is none */
    struct api api;
    struct push *push; /* NULL before it is open and after it was closed */
    struct push_policy policy;
    struct route *routes; /* of http; freed after it */
    uv_loop_t loop;
    uv_async_t replies, ended;
    uv_prepare_t posts;
    uv_signal_t terminate, interrupt, hangup;
    uv_timer_t minute;
    unsigned interrupts;
    unsigned closing; /* servers that have yet to say that they are closed */
    void (*on_closed)(struct broker *broker);
    bool checks_hosts; /* as long as nobody has to show a token, where only loopback is served */
    bool is_draining, is_stopping;
    struct broker_read_at read_at_ms;
    int64_t memory_max; /* of the machine or of our control group */
    unsigned health_files;
    atomic_int exit_code;
};
