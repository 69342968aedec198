/* Death: tells whether a piece of code aborts, as a broken promise must. */
#pragma once

#include <stdbool.h>

/* Runs it in a child whose stderr is dropped. */
bool dies(void (*run)(void));
