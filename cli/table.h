/* Table: what people read: aligned columns, or the members of one object below each other. */
#pragma once

#include "base/arena.h"

struct table;

/* headings is NULL-ended and outlives the table; a NULL list makes a table without a head, of two
 * columns. */
struct table *table_new(const char *const *headings, struct arena *arena);
/* Cells go row by row; NONE shows as "-". Anything that a terminal could obey is escaped. */
void table_cell(struct table *table, struct bytes text);
void table_cell_int(struct table *table, long long number);
/* On stdout; the last column is cut at the terminal's edge. */
void table_print(const struct table *table, const char *color);

/* One member of a JSON object as a row of a table without a head: nothing for null and what is
 * empty, "outer.inner" for objects. */
void table_member(struct table *table, struct bytes key, struct bytes value);
/* All members of a JSON object that are not null, objects in it as "outer.inner", on stdout. */
void table_print_object(struct bytes object, const char *color, struct arena *arena);
