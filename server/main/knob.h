/* Knob: one setting of the broker, its three names and its range; all from tables/config.def. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <stdint.h>

enum knob {
#define KNOB(name, kind, fallback, min, max, key, value, what, when) KNOB_##name,
#include "tables/config.def"
#undef KNOB
    KNOB_MAX,
};

enum knob_kind {
    KNOB_KIND_TEXT,
    KNOB_KIND_CHOICE,
    KNOB_KIND_NUMBER,
    KNOB_KIND_SIZE,
    KNOB_KIND_DURATION,
    KNOB_KIND_SWITCH,
    KNOB_KIND_LATER,
};

struct knob_facts {
    const char *key; /* in the file: "section.name" or "name" */
    enum knob_kind kind;
    const char *fallback;
    int64_t min, max;
    const char *value; /* what --help calls its value; of CHOICE: its words */
    const char *what;
    const char *when;
};

enum { KNOB_NAME_MAX = 48 };

const struct knob_facts *knob_facts(enum knob knob);

/* The part of the key behind the dot. */
const char *knob_name(enum knob knob);
/* "--drain-timeout" and "SLUICE_DRAIN_TIMEOUT". */
void knob_flag(enum knob knob, char ret_flag[KNOB_NAME_MAX]);
void knob_env(enum knob knob, char ret_env[KNOB_NAME_MAX]);

/* KNOB_MAX when there is none. flag is without dashes. */
enum knob knob_by_flag(struct bytes flag);
enum knob knob_by_env(struct bytes env);
enum knob knob_by_key(struct bytes key);
/* The knob whose name is most like a mistyped one in any of the three forms; KNOB_MAX when none is
 * near. */
enum knob knob_nearest(struct bytes typed);

/* ret_number: ms, bytes, a count, the place of a word among those of a CHOICE, 1 or 0 for a SWITCH;
 * 0 for TEXT. A TEXT whose default is empty may be empty: it is not set. */
MUST_CHECK enum err knob_parse(enum knob knob, struct bytes text, int64_t *ret_number,
                               struct error *error);
