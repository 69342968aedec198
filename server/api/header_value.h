/* Header value: the few request headers that the operations read, parsed without a request. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "domain/bounds.h"

/* What Prefer asks for; -1 and false: nothing. Preferences that are not known are ignored, as RFC
 * 7240 says. */
struct preference {
    int64_t wait_s;
    bool minimal;
};
MUST_CHECK enum err preference_read(struct bytes header, const struct bounds *bounds,
                                    struct preference *ret_preference, struct error *error);

/* A quoted structured-field string or a bare word. NONE in, NONE out. */
MUST_CHECK enum err idempotency_key_read(struct bytes header, const struct bounds *bounds,
                                         struct arena *arena, struct bytes *ret_key,
                                         struct error *error);
bool idempotency_key_is_valid(struct bytes key);

/* One entity tag of ours as a version: VERSION_UNASKED for NONE, VERSION_ANY for *, VERSION_STRANGE
 * for a tag that none of ours equals. A weak tag equals its strong form only when weak_equals. */
#define VERSION_STRANGE INT64_MAX
/* Behind the version, in the tag of a task that a limit holds back. */
#define HELD_SUFFIX "-blocked"
MUST_CHECK enum err version_read(struct bytes header, const char *name, bool weak_equals,
                                 int64_t *ret_version, struct error *error);
bool version_is_held(struct bytes header);

/* What a content type says about the bytes. */
enum media {
    MEDIA_UNSAID, /* nothing, or what curl -d says without being asked */
    MEDIA_JSON,
    MEDIA_LINES, /* NDJSON */
    MEDIA_TEXT,
    MEDIA_OTHER,
};
enum media media_of(struct bytes content_type);
/* type/subtype with parameters, printable, at most 255 bytes: safe to send back as a header. */
bool content_type_is_valid(struct bytes content_type);

/* A traceparent worth keeping (W3C Trace Context); others are ignored, never refused. */
bool traceparent_is_valid(struct bytes text);
