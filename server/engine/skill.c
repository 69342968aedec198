/* Skill: types, labels and a pin as one text, so that equal ones are found. */
#include "skill.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "domain/labels.h"
#include "lineup.h"

/* A line for each type, an empty one, the labels, the pin. */
static void write_key(struct buffer *key, const struct skill_parts *parts)
{
    for (unsigned i = 0; i < parts->types_len; i++) {
        buffer_append(key, parts->types[i]);
        buffer_append_char(key, '\n');
    }
    buffer_append_char(key, '\n');
    buffer_append(key, parts->labels);
    buffer_append_char(key, '@');
    buffer_append(key, parts->pin);
}

/* Parts that lie in the key: whoever announced them may go before the others. */
static struct skill_parts parts_in(struct bytes key, const struct skill_parts *parts)
{
    struct skill_parts own = {.types_len = parts->types_len};
    struct bytes *types = mem_alloc((parts->types_len + 1) * sizeof(*types));
    size_t at = 0;

    for (unsigned i = 0; i < parts->types_len; i++) {
        types[i] = (struct bytes){key.at + at, parts->types[i].len};
        at += parts->types[i].len + 1;
    }
    own.types = types;
    own.labels = (struct bytes){key.at + at + 1, parts->labels.len};
    own.pin = (struct bytes){own.labels.at + own.labels.len + 1, parts->pin.len};
    return own;
}

static struct skill *make(struct map *skills, struct bytes key, const struct skill_parts *parts)
{
    struct skill *skill = mem_alloc(sizeof(*skill));
    char *copy = mem_alloc(key.len + 1);

    memcpy(copy, key.at, key.len);
    skill->key = (struct bytes){copy, key.len};
    skill->parts = parts_in(skill->key, parts);
    skill->lineups = map_new();
    (void)map_put(skills, skill->key, skill);
    return skill;
}

struct skill *skill_take(struct map *skills, const struct skill_parts *parts)
{
    struct buffer key;
    struct skill *skill;

    buffer_init(&key, SIZE_MAX);
    write_key(&key, parts);
    skill = map_get(skills, buffer_bytes(&key));
    if (skill == NULL)
        skill = make(skills, buffer_bytes(&key), parts);
    buffer_fini(&key);
    skill->workers++;
    return skill;
}

void skill_drop(struct map *skills, struct skill *skill)
{
    struct lineup *lineup;

    if (--skill->workers > 0)
        return;
    (void)map_remove(skills, skill->key);
    for (size_t at = 0; (lineup = map_each(skill->lineups, &at)) != NULL;)
        lineup_free(lineup);
    map_free(skill->lineups);
    free((void *)(uintptr_t)skill->parts.types);
    free((void *)(uintptr_t)skill->key.at);
    free(skill);
}

bool skill_knows_type(const struct skill *skill, const struct hot_class *of_class)
{
    const struct skill_parts *parts = &skill->parts;

    if (of_class->pin.len > 0 && !bytes_equal(parts->pin, of_class->pin))
        return false;
    if (parts->types_len == 0)
        return true;
    for (unsigned i = 0; i < parts->types_len; i++)
        if (bytes_equal(parts->types[i], of_class->type))
            return true;
    return false;
}

bool skill_runs(const struct skill *skill, const struct hot_class *of_class)
{
    return skill_knows_type(skill, of_class) && labels_meet(skill->parts.labels, of_class->demands);
}

struct lineup *skill_lineup(struct skill *skill, struct hot_queue *queue)
{
    struct lineup *lineup = map_get_int(skill->lineups, (uint64_t)queue->head.number);

    if (lineup != NULL)
        return lineup;
    lineup = lineup_new(skill, queue);
    (void)map_put_int(skill->lineups, (uint64_t)queue->head.number, lineup);
    return lineup;
}

void skill_forget_line(const struct skill *skill, const struct hot_line *line)
{
    struct lineup *lineup = map_get_int(skill->lineups, (uint64_t)line->shelf->queue->head.number);

    if (lineup != NULL)
        lineup_forget(lineup, line);
}
