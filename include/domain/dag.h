/* Dag: members of one array that come after each other, by the names that they gave themselves. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

struct dag_member {
    struct bytes ref;        /* its name; NONE: it has none */
    struct bytes depends_on; /* names of members, or ids of tasks; a newline behind each */
    unsigned place;          /* in the array as it was sent: others of it may be missing here */
};

enum { DAG_ID = -1, DAG_UNKNOWN = -2 };

struct dag {
    unsigned *order; /* all members: whom others come after stands before them */
    int **awaits;    /* of each member, for each line: which member is meant, or one of these */
};

/* False: a name is given twice, members come after each other in a circle, or with strict, nobody
 * has a name; error points at the line. */
MUST_CHECK bool dag_make(const struct dag_member *members, unsigned len, bool strict,
                         struct arena *arena, struct dag *ret_dag, struct error *error);
