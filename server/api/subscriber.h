/* Subscriber: one stream of events over HTTP: where it stands in the log, and what it is sent next.
 */
#pragma once

#include "api/api.h"
#include "ring.h"

/* What is asked for. Strings live as long as the request. */
struct subscription {
    struct bytes ns;
    struct event_filter filter;
    struct id task;    /* of this one only; nil: of any */
    bool ends_with_it; /* when that task has ended, so does the stream */
    int64_t after;     /* -1: from now on */
};

enum standing {
    STANDS_BEHIND,  /* waits for a page of the log */
    STANDS_ON_PAGE, /* has one, or its answer */
    STANDS_IN_RING,
    STANDS_AT_END, /* all up to the ring's end was dealt with; it is woken for the next */
};

struct subscriber;

/* What all have in common. */
struct subscribers {
    struct api *api;
    struct ring *ring;
    bool is_closed; /* nothing can be asked of the engine any more */
    /* This one wants a page. */
    void (*behind)(struct subscribers *all, struct subscriber *subscriber);
};

struct topic;

struct subscriber {
    struct list_node link; /* the feed's: in its topic's list, or in that of those without */
    struct list_node turn; /* the feed's: in the line for a page */
    struct topic *topic;   /* the feed's; NULL: not of one task */
    bool is_under_way;     /* the feed's: a page was asked for */
    bool has_head;         /* the feed's: it was answered */

    struct subscribers *all;
    struct request *request; /* NULL: gone, and a page comes to nobody */
    const struct principal *by;
    struct subscription wants;
    enum standing standing;
    int64_t cursor;       /* all up to it was dealt with; -1: not known yet */
    struct command *page; /* whose events are being sent */
    unsigned page_at;
    bool has_greeted;
    bool has_lost;      /* where it wanted to go on the log does not reach: still to be said */
    bool is_ended;      /* still to be said: there will be no more */
    bool is_over;       /* that was said */
    struct buffer text; /* what is being sent, from text_at on; the rest was not taken yet */
    size_t text_at;
};

enum { SUBSCRIBER_PAGE = 64 }; /* events at a time */

void subscriber_init(struct subscriber *subscriber, struct subscribers *all,
                     struct request *request, const struct subscription *wants);
void subscriber_fini(struct subscriber *subscriber);
bool subscriber_wants(const struct subscriber *subscriber, const struct event *event);
/* The page it stands behind for has come; it owns the command's memory now. */
void subscriber_take_page(struct subscriber *subscriber, struct command *page);
/* Before it was answered at all: is there something to stream, now or later? */
bool subscriber_has_more(const struct subscriber *subscriber);
/* There was nothing for it on this page: the next one. */
void subscriber_skip_page(struct subscriber *subscriber);
/* At the end of the ring: this event is the next one for it. */
void subscriber_go_on(struct subscriber *subscriber, int64_t number);
/* request_flow's. */
size_t subscriber_pull(struct request *request, char *at, size_t max, bool is_quiet);
