/* Webhook repo: endpoints that are told of events, loaded whole at start, and what each is to be
 * told. Strings given to callbacks are valid during the call only. */
#pragma once

#include "domain/signature.h"
#include "domain/webhook.h"
#include "store/db.h"

struct webhook_row {
    int64_t number, ns, version, created_at_ms;
    struct bytes name, created_by;
    struct webhook_settings settings;
    struct signature_key key, old_key;
    int64_t old_until_ms;         /* -1: there is no old key */
    int64_t gone_at_ms;           /* -1: it is not */
    int64_t missed, missed_first; /* missed_first -1: none */
};
/* Make it, or change all of it but its name. */
void webhook_save(struct db *db, const struct webhook_row *row);
void webhook_save_missed(struct db *db, int64_t number, int64_t missed, int64_t missed_first);
void webhook_each(struct db *db, void (*each)(void *ctx, const struct webhook_row *row), void *ctx);
void webhook_delete(struct db *db, int64_t number);

/* next_at_ms of one that is due, but behind another of its task. */
#define DELIVERY_BEHIND INT64_MAX

struct delivery_row {
    int64_t number, webhook, ns; /* webhook 0: url is set */
    int64_t event;               /* 0: a test */
    enum event_kind kind;
    int64_t at_ms;
    int64_t task; /* 0: none */
    struct id task_id;
    enum delivery_state state;
    int64_t attempts;
    int64_t next_at_ms, last_at_ms; /* last -1: not tried yet */
    int64_t last_status, took_ms;
    struct bytes last_error, url;
    struct bytes body; /* JSON; not in pages */
};

struct delivery_head {
    int64_t number, next_at_ms;
};

/* A new one: due, never tried. */
void delivery_insert(struct db *db, const struct delivery_row *row);
int64_t delivery_last_number(struct db *db);
bool delivery_load(struct db *db, int64_t number, struct arena *arena,
                   struct delivery_row *ret_row);
/* Those that have their turn, the first to be sent first; returns how many. */
unsigned delivery_heads(struct db *db, int64_t webhook, unsigned max, struct delivery_head *ret);
/* Is another of the task due that is older? */
bool delivery_is_behind(struct db *db, int64_t webhook, int64_t task, int64_t number);
/* What may change of it. */
void delivery_move(struct db *db, const struct delivery_row *row);
/* The first of the task that is due has its turn at that time, if it had not yet. */
void delivery_give_turn(struct db *db, int64_t webhook, int64_t task, int64_t at_ms);
/* Those of the task that are younger lose it. */
void delivery_stand_back(struct db *db, const struct delivery_row *row);
void delivery_counts(struct db *db, int64_t webhook, int64_t ret_counts[DELIVERY_STATES]);
/* The first webhook behind this one that has any, even if it is no more; -1: none. */
int64_t delivery_webhook_after(struct db *db, int64_t webhook);
/* When the oldest that is due came; -1: none is. */
int64_t delivery_oldest_due(struct db *db, int64_t webhook);
/* Of those in this state the first go: that were tried before this time, at most max. Returns how
 * many. */
unsigned delivery_trim(struct db *db, int64_t webhook, enum delivery_state state, int64_t before_ms,
                       unsigned max);
/* Delete some, in whatever state; returns how many. */
int64_t delivery_drop(struct db *db, int64_t webhook, unsigned max);

struct delivery_range {
    int64_t webhook;
    unsigned states; /* a bit each */
    int64_t after;   /* the number behind which it begins */
    bool newest_first;
    unsigned max;
};
/* Returns how many; strings are the arena's. */
unsigned delivery_page(struct db *db, const struct delivery_range *range, struct arena *arena,
                       struct delivery_row *ret_rows);
