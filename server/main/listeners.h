/* Listeners: the HTTP server that serves everything, and a small one for health where one is asked
 * for. */
#pragma once

#include "broker.h"

/* The process's exit code. */
int listeners_open(struct broker *broker, unsigned connections_max, struct error *error);
/* After each batch of answers. */
void listeners_pump(struct broker *broker);
/* Does Host have to be this machine's? As long as nobody has to show a token. */
void listeners_check_hosts(struct broker *broker);
/* Certificates are read again. */
MUST_CHECK enum err listeners_reload(struct broker *broker, struct error *error);
void listeners_quiesce(struct broker *broker);
/* done is called on the loop when all are closed. */
void listeners_close(struct broker *broker, void (*done)(struct broker *broker));
/* How many open files the one for health may take. */
unsigned listeners_health_files(const struct config *config, unsigned files_max);
