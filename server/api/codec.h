/* Codec: reads a JSON object into a struct by a table of its fields; what does not fit is refused
 * with a pointer to it. */
#pragma once

#include "document.h"

enum {
    HEADERS_BYTES_MAX = 64 << 10,
    INFO_BYTES_MAX = 64 << 10,
};

/* Where in a body a value stands; error pointers are made from it. */
struct spot {
    const struct spot *up; /* NULL: the whole body */
    const char *name;      /* NULL: the element of an array at index */
    size_t index;
};

struct codec {
    const struct bounds *bounds;
    const struct document *document;
    struct arena *arena;
    struct error *error;
    int64_t now_ms;                        /* wall clock, for times that may be only so far away */
    const struct push_policy *push_policy; /* of addresses to call; NULL: nothing is allowed */
    bool in_query;                         /* the object was made from query parameters */
    bool in_array;                         /* tasks of one array, that may name each other */
    bool is_judged;             /* it was stored: who may say what was judged when it was said */
    const struct principal *by; /* who says it; NULL: nobody that may do more than others */
};

struct push_policy;
struct field;
typedef enum err field_read_fn(struct codec *codec, const struct spot *spot, json_t *value,
                               const struct field *field, void *target);

/* How a query parameter becomes JSON before it is read like a member. */
enum field_form {
    FORM_TEXT,
    FORM_NUMBER,
    FORM_FLAG,
    FORM_LIST,
    FORM_NUMBERS,
    FORM_OBJECT,
    FORM_MAP,
};

struct field {
    const char *name;
    field_read_fn *read;
    size_t at;              /* offset in the target */
    int64_t min, max;       /* of numbers; durations in ms; words count from min */
    enum bound least, most; /* what an operator has set instead of min and max */
    bool required;
    bool nullable; /* null leaves the target as it is */
    enum field_form form;
    unsigned bit; /* what to add to given */
    const char *const *words;
    const struct shape *shape; /* of an object */
};

struct shape {
    const struct field *fields;
    size_t fields_len;
    const char *const
        *later; /* members that are part of the contract, but not yet of this version; NULL-ended */
};

#define SHAPE(table, not_yet)                                                                      \
    {                                                                                              \
        .fields = (table), .fields_len = ARRAY_LEN(table), .later = (not_yet)                      \
    }

/* Read every member of value into target; *ret_given (may be NULL) gets the bits of those that were
 * there. */
MUST_CHECK enum err codec_object(struct codec *codec, const struct spot *spot, json_t *value,
                                 const struct shape *shape, void *target, unsigned *ret_given);
/* Open text as an object, read it, close it. */
MUST_CHECK enum err codec_body(struct codec *codec, struct bytes text, const struct shape *shape,
                               void *target, unsigned *ret_given);
/* The same, where other members than DOCUMENT_LIFT are kept as sent. */
MUST_CHECK enum err codec_body_lifting(struct codec *codec, struct bytes text,
                                       const char *const *lift, const struct shape *shape,
                                       void *target, unsigned *ret_given);
/* Refuse: fill codec->error with the spot's pointer. */
enum err codec_refuse(struct codec *codec, const struct spot *spot, enum err code,
                      const char *format, ...) PRINTF_LIKE(4, 5);
/* Refuse what has got too many of a bound's unit. */
enum err codec_refuse_bound(struct codec *codec, const struct spot *spot, enum bound bound,
                            size_t got);
/* "must be ..., not a string" */
enum err codec_wrong_type(struct codec *codec, const struct spot *spot, const json_t *value,
                          const char *wanted);
/* The field's range, as it is set. */
int64_t codec_min(const struct codec *codec, const struct field *field);
int64_t codec_max(const struct codec *codec, const struct field *field);
/* A number of seconds as ms within the field's range. */
MUST_CHECK enum err codec_seconds(struct codec *codec, const struct spot *spot, json_t *value,
                                  const struct field *field, int64_t *ret_ms);
/* A string's bytes in the arena. */
MUST_CHECK enum err codec_text(struct codec *codec, const struct spot *spot, json_t *value,
                               struct bytes *ret_text);

/* Names and labels of what may be there already have no most: what is stored stays in reach. */
field_read_fn field_name;    /* struct bytes: a queue, an identity, ... */
field_read_fn field_label;   /* struct bytes: up to 255 bytes without control characters */
field_read_fn field_text;    /* struct bytes: min..max bytes */
field_read_fn field_int32;   /* int32_t */
field_read_fn field_int;     /* int64_t */
field_read_fn field_seconds; /* int64_t ms */
field_read_fn field_time;    /* int64_t wall ms, at most most away */
field_read_fn field_bool;    /* bool */
field_read_fn field_word;    /* an enum: min + the place in words */
field_read_fn field_id;      /* struct id */
field_read_fn field_raw;     /* struct bytes: a lifted member as sent, at most max bytes */
field_read_fn field_object;  /* struct bytes: a lifted object as sent, at most max bytes */

/* The nearest known name, or NULL when none is near. */
const char *hint_near(struct bytes name, const char *const *names);
/* The type of event that was probably meant, or NULL. */
const char *hint_event(struct bytes type);
/* What is written here, in one of names, instead of a word of other queues' clients; NULL when it
 * is no such word. */
const char *hint_foreign(struct bytes name, const char *const *names);
