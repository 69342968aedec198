/* Table: what people read: aligned columns, or the members of one object below each other. */
#include "table.h"

#include "base/json_scan.h"
#include "base/memory.h"
#include "json.h"
#include "printable.h"
#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 16, GAP = 2, CELL_WIDTH_MIN = 8 };

/* Cells stand in the arena one after another; rows are counted off by the number of columns. */
struct cell {
    struct cell *next;
    struct bytes text;
};

struct table {
    struct arena *arena;
    const char *const *headings;
    unsigned columns;
    size_t widths[COLUMNS_MAX];
    struct cell *first;
    struct cell **end;
    unsigned cells_len;
};

struct word_color {
    const char *word;
    const char *code;
};

static const struct word_color word_colors[] = {
    {"succeeded", "32"}, {"failed", "31"},  {"cancelled", "33"}, {"expired", "33"},
    {"running", "36"},   {"waiting", "36"}, {"lost", "31"},      {NULL, NULL},
};

struct table *table_new(const char *const *headings, struct arena *arena)
{
    struct table *table = arena_alloc(arena, sizeof(*table));

    table->arena = arena;
    table->headings = headings;
    table->end = &table->first;
    table->columns = headings == NULL ? 2 : 0;
    for (; headings != NULL && headings[table->columns] != NULL; table->columns++)
        table->widths[table->columns] = strlen(headings[table->columns]);
    return table;
}

void table_cell(struct table *table, struct bytes text)
{
    struct cell *cell = arena_alloc(table->arena, sizeof(*cell));
    unsigned column = table->cells_len++ % table->columns;

    cell->text = printable(text.at != NULL && text.len > 0 ? text : BYTES("-"), table->arena);
    *table->end = cell;
    table->end = &cell->next;

    size_t width = printable_width(cell->text);

    if (width > table->widths[column])
        table->widths[column] = width;
}

void table_cell_int(struct table *table, long long number)
{
    table_cell(table, arena_printf(table->arena, "%lld", number));
}

static const char *color_of(struct bytes word)
{
    const struct word_color *row = word_colors;

    while (row->word != NULL && !bytes_is(word, row->word))
        row++;
    return row->code;
}

static void print_text(struct bytes text, const char *color_code)
{
    if (color_code != NULL)
        printf("\033[%sm", color_code);
    fwrite(text.at, 1, text.len, stdout);
    if (color_code != NULL)
        fputs("\033[0m", stdout);
}

static void print_gap(size_t width)
{
    printf("%*s", (int)width, "");
}

static void print_headings(const struct table *table, bool has_color)
{
    for (unsigned i = 0; i < table->columns; i++) {
        print_text(bytes_of(table->headings[i]), has_color ? "1" : NULL);
        if (i + 1 < table->columns)
            print_gap(table->widths[i] - strlen(table->headings[i]) + GAP);
    }
    putchar('\n');
}

/* Columns that the last cell may take; everything when stdout is no terminal. */
static size_t last_width(const struct table *table)
{
    size_t width = terminal_width(stdout);
    size_t used = 0;

    for (unsigned i = 0; i + 1 < table->columns; i++)
        used += table->widths[i] + GAP;
    if (width == 0)
        return SIZE_MAX;
    return width > used + CELL_WIDTH_MIN ? width - used : SIZE_MAX;
}

void table_print(const struct table *table, const char *color)
{
    bool has_color = terminal_has_color(stdout, color);
    size_t last = last_width(table);
    unsigned column = 0;

    if (table->headings != NULL)
        print_headings(table, has_color);
    for (const struct cell *cell = table->first; cell != NULL; cell = cell->next) {
        bool is_last = ++column == table->columns;
        struct bytes text = is_last ? printable_cut(cell->text, last) : cell->text;

        print_text(text, has_color ? color_of(text) : NULL);
        if (is_last) {
            putchar('\n');
            column = 0;
        } else {
            print_gap(table->widths[column - 1] - printable_width(text) + GAP);
        }
    }
}

static void add_member(struct table *table, struct bytes key, struct bytes value)
{
    struct bytes shown = json_shown(value, table->arena);

    if (shown.at == NULL || bytes_is(shown, "[]") || bytes_is(shown, "{}"))
        return;
    table_cell(table, key);
    table_cell(table, shown);
}

static void add_nested(struct table *table, struct bytes outer, struct bytes object)
{
    struct bytes key;
    struct bytes value;
    size_t at = 0;

    while (json_each(object, &at, &key, &value))
        add_member(table, arena_printf(table->arena, "%.*s.%.*s", BYTES_ARG(outer), BYTES_ARG(key)),
                   value);
}

void table_member(struct table *table, struct bytes key, struct bytes value)
{
    bool is_payload = bytes_is(key, "result") || bytes_is(key, "checkpoint");

    if (value.at[0] == '{' && !is_payload)
        add_nested(table, key, value);
    else
        add_member(table, key, value);
}

void table_print_object(struct bytes object, const char *color, struct arena *arena)
{
    struct table *table = table_new(NULL, arena);
    struct bytes key;
    struct bytes value;
    size_t at = 0;

    while (json_each(object, &at, &key, &value))
        table_member(table, key, value);
    table_print(table, color);
}
