/* Multi: libcurl's transfers, driven by the room's loop. */
#pragma once

#include <curl/curl.h>
#include <uv.h>

#include "base/error.h"

struct multi {
    CURLM *curl;
    uv_loop_t *loop;
    uv_timer_t timer;
    /* A transfer is over; it may be removed, and others added. */
    void (*on_over)(CURL *easy, CURLcode code);
};

/* connections_max: kept open in all, those that idle included. */
MUST_CHECK enum err multi_open(struct multi *multi, uv_loop_t *loop, unsigned connections_max,
                               void (*on_over)(CURL *easy, CURLcode code), struct error *error);
/* All transfers have been removed. The loop has to run once more for what was closed. */
void multi_close(struct multi *multi);
