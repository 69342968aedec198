/* Client: says exactly the bytes it is told and reads answers one by one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness.h"

struct answer {
    int status; /* 0: the connection ended before an answer */
    char head[4096];
    char body[8192]; /* cut */
    size_t body_len;
};

int client_open(struct harness *harness);
void client_send(int fd, const char *bytes, size_t len);
void client_say(int fd, const char *text);
/* Reads one answer; gives up after 5 s. */
struct answer client_read(int fd, bool is_head_only);
typedef bool (*client_read_byte)(void *ctx, char *ret_byte);
struct answer client_read_by(client_read_byte read_byte, void *ctx, bool is_head_only);
/* Did the other side close (or reset) within wait_ms? */
bool client_is_closed(int fd, int wait_ms);
void client_close(int fd);
/* Open, say, read, close. */
struct answer client_ask(struct harness *harness, const char *text);
struct answer client_ask_bytes(struct harness *harness, const char *bytes, size_t len);
/* A header's value by its exact name, copied to a static place; "" when absent. */
const char *answer_header(const struct answer *answer, const char *name);
bool answer_has(const struct answer *answer, const char *text); /* in the body */
