/* Labels: written once in order, then compared as texts. */
#include "domain/labels.h"

#include <stdlib.h>
#include <string.h>

bool label_value_is_valid(struct bytes value)
{
    return value.len == 0 || (value.len <= LABEL_VALUE_MAX && label_is_valid(value));
}

static int by_name(const void *left, const void *right)
{
    return bytes_compare(((const struct label *)left)->name, ((const struct label *)right)->name);
}

static char *append(char *end, struct bytes part, char behind)
{
    if (part.len > 0)
        memcpy(end, part.at, part.len);
    end[part.len] = behind;
    return end + part.len + 1;
}

struct bytes labels_write(struct label *labels, unsigned len, struct arena *arena)
{
    size_t room = 1;
    char *text, *end;

    for (unsigned i = 0; i < len; i++)
        room += labels[i].name.len + labels[i].value.len + 2;
    text = end = arena_alloc(arena, room);
    if (len > 1)
        qsort(labels, len, sizeof(*labels), by_name);
    for (unsigned i = 0; i < len; i++) {
        end = append(end, labels[i].name, '=');
        end = append(end, labels[i].value, '\n');
    }
    return (struct bytes){text, (size_t)(end - text)};
}

bool labels_next(struct bytes *rest, struct label *ret_label)
{
    struct bytes line;

    if (!bytes_split(rest, '\n', &line))
        return false;
    ret_label->value = line;
    return bytes_split(&ret_label->value, '=', &ret_label->name);
}

bool labels_find(struct bytes labels, struct bytes name, struct bytes *ret_value)
{
    struct label label;

    while (labels_next(&labels, &label)) {
        if (!bytes_equal(label.name, name))
            continue;
        *ret_value = label.value;
        return true;
    }
    return false;
}

struct bytes labels_of_class(struct bytes requires, struct bytes *ret_pin)
{
    struct bytes line;

    *ret_pin = BYTES("");
    if (!bytes_starts(requires, "@") || !bytes_split(&requires, '\n', &line))
    return requires;
    *ret_pin = (struct bytes){line.at + 1, line.len - 1};
    return requires;
}

bool labels_meet(struct bytes labels, struct bytes demands)
{
    struct bytes demand, label;

    while (bytes_split(&demands, '\n', &demand)) {
        bool is_met = false;

        /* Both are sorted: what was passed by cannot be demanded any more. */
        while (!is_met && bytes_split(&labels, '\n', &label))
            is_met = bytes_equal(label, demand);
        if (!is_met)
            return false;
    }
    return true;
}
