/* Client: many keep-alive HTTP/1.1 connections to one server, driven by one thread over epoll. */
#pragma once

#include <stdint.h>

#include "common/text.h"
#include "load/answer.h"

struct connection {
    struct client *client;
    struct text input;  /* the answer as far as it was read */
    const char *unsent; /* the rest of the request, borrowed from who sent it */
    size_t unsent_bytes;
    int64_t sent_ns;
    int fd;
    unsigned index;
};

/* Called for each whole answer; may send the next request on the same connection. */
typedef void answer_fn(struct connection *connection, const struct answer *answer);

struct client {
    answer_fn *on_answer;
    void *context; /* whatever on_answer needs */
    struct connection *connections;
    char host[64];     /* as it stands in the Host line, "127.0.0.1:8080" */
    const char *token; /* sent as Authorization: Bearer; borrowed; NULL or "": none */
    unsigned n_connections;
    int epoll_fd;
};

/* Connect n times to "A.B.C.D:PORT". Dies when the server is not there. */
void client_open(struct client *client, const char *target, const char *token, unsigned n);
void client_close(struct client *client);

/* Send a request. Its bytes must stay as they are until the answer has come. */
void client_send(struct client *client, unsigned index, const struct text *request);

/* Wait for events at most so long (-1: for ever) and handle those that are there. */
void client_turn(struct client *client, int timeout_ms);

/* Ask one thing on connection 0 and wait for the answer, whose body goes to `body`. */
int client_ask(struct client *client, const struct text *request, struct text *body);

/* Build "POST path" with a JSON body into `request`, which is cleared before. */
void client_post(const struct client *client, struct text *request, const char *path,
                 const struct text *body);
