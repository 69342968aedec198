/* Hot names: freeing what hot_names.c took up. */
#pragma once

#include "hot.h"

void hot_free_names(struct hot *hot);
void hot_free_worker(struct hot *hot, struct hot_worker *worker);
