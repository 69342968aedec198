/* Rules: one line each, a letter and a value, so that a row holds only what was said; lists are
 * counted, so that they are read where they stand. */
#include "domain/rules.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/parse.h"

static int by_name(const void *left, const void *right)
{
    return bytes_compare(((const struct limit_use *)left)->name,
                         ((const struct limit_use *)right)->name);
}

static struct bytes keep(struct buffer *text, struct arena *arena)
{
    struct bytes kept =
        buffer_bytes(text).len > 0 ? arena_bytes(arena, buffer_bytes(text)) : BYTES_NONE;

    buffer_fini(text);
    return kept;
}

struct bytes limits_write(struct limit_use *uses, unsigned len, struct arena *arena)
{
    struct buffer text;

    buffer_init(&text, SIZE_MAX);
    if (len > 1)
        qsort(uses, len, sizeof(*uses), by_name);
    for (unsigned i = 0; i < len; i++)
        buffer_printf(&text, "%.*s %lld\n", BYTES_ARG(uses[i].name), (long long)uses[i].units);
    return keep(&text, arena);
}

bool limits_next(struct bytes *rest, struct limit_use *ret_use)
{
    struct bytes line;

    return bytes_split(rest, '\n', &line) && bytes_split(&line, ' ', &ret_use->name) &&
           parse_int(line, 1, LIMIT_UNITS_MAX, &ret_use->units);
}

int64_t rules_share(const struct task_rules *rules)
{
    return rules->weight_milli <= 0 ? SHARE_UNIT : SHARE_UNIT * 1000 / rules->weight_milli;
}

bool rules_have_callback(const struct task_rules *rules)
{
    return rules->callback_webhook.at != NULL || rules->callback_url.at != NULL;
}

bool rules_say_something(const struct task_rules *rules)
{
    return rules->limits.len > 0 || rules->fairness_key.at != NULL || rules->weight_milli != 0 ||
           rules->ordering_key.at != NULL || rules->on_order_failure != ORDER_SKIP ||
           rules->dedup.key.at != NULL || rules->depends_on.len > 0 ||
           rules->on_dependency_failure != DEPENDENCY_FAIL || rules->affinity.at != NULL ||
           rules_have_callback(rules);
}

/* ---- writing ---- */

static void write_text(struct buffer *out, char letter, struct bytes value)
{
    if (value.at != NULL)
        buffer_printf(out, "%c%.*s\n", letter, BYTES_ARG(value));
}

static void write_number(struct buffer *out, char letter, int64_t value)
{
    if (value != 0)
        buffer_printf(out, "%c%lld\n", letter, (long long)value);
}

static void write_list(struct buffer *out, char letter, struct bytes lines)
{
    if (lines.len == 0)
        return;
    buffer_printf(out, "%c%zu\n", letter, lines.len);
    buffer_append(out, lines);
}

struct bytes rules_write(const struct task_rules *rules, struct arena *arena)
{
    struct buffer out;

    buffer_init(&out, SIZE_MAX);
    write_list(&out, 'l', rules->limits);
    write_text(&out, 'f', rules->fairness_key);
    write_number(&out, 'w', rules->weight_milli);
    write_text(&out, 'o', rules->ordering_key);
    write_number(&out, 'b', rules->on_order_failure);
    if (rules->dedup.key.at != NULL) {
        write_text(&out, 'k', rules->dedup.key);
        write_number(&out, 's', rules->dedup.scope);
        write_number(&out, 'c', rules->dedup.on_conflict);
        write_number(&out, 't', rules->dedup.window_ms);
        write_number(&out, 'm', rules->dedup.max_delay_ms);
    }
    write_list(&out, 'd', rules->depends_on);
    write_number(&out, 'x', rules->on_dependency_failure);
    write_text(&out, 'a', rules->affinity);
    write_text(&out, 'h', rules->callback_webhook);
    write_text(&out, 'u', rules->callback_url);
    return keep(&out, arena);
}

/* ---- reading ---- */

static bool read_number(char letter, struct bytes value, struct task_rules *rules)
{
    int64_t most = letter == 'w'                    ? WEIGHT_MAX_MILLI
                   : letter == 't' || letter == 'm' ? DELAY_MAX_MS
                                                    : DEDUP_WINDOW;
    int64_t number;

    if (!parse_int(value, letter == 'm' ? -1 : 0, most, &number))
        return false;
    switch (letter) {
    case 'w':
        rules->weight_milli = number;
        return true;
    case 'b':
        rules->on_order_failure = (enum order_failure)number;
        return true;
    case 's':
        rules->dedup.scope = (enum dedup_scope)number;
        return true;
    case 'c':
        rules->dedup.on_conflict = (enum dedup_conflict)number;
        return true;
    case 't':
        rules->dedup.window_ms = number;
        return true;
    case 'm':
        rules->dedup.max_delay_ms = number;
        return true;
    case 'x':
        rules->on_dependency_failure = (enum dependency_failure)number;
        return true;
    default:
        return false;
    }
}

static bool read_list(struct bytes count, struct bytes *rest, struct bytes *ret_list)
{
    int64_t len;

    if (!parse_int(count, 1, (int64_t)rest->len, &len))
        return false;
    *ret_list = (struct bytes){rest->at, (size_t)len};
    *rest = (struct bytes){rest->at + len, rest->len - (size_t)len};
    return true;
}

/* The line behind its letter; a list's lines follow in *rest. */
static bool read_rule(char letter, struct bytes value, struct bytes *rest, struct task_rules *rules)
{
    switch (letter) {
    case 'l':
        return read_list(value, rest, &rules->limits);
    case 'd':
        return read_list(value, rest, &rules->depends_on);
    case 'f':
        rules->fairness_key = value;
        return true;
    case 'o':
        rules->ordering_key = value;
        return true;
    case 'k':
        rules->dedup.key = value;
        return true;
    case 'a':
        rules->affinity = value;
        return true;
    case 'h':
        rules->callback_webhook = value;
        return true;
    case 'u':
        rules->callback_url = value;
        return true;
    default:
        return read_number(letter, value, rules);
    }
}

bool rules_read(struct bytes text, struct task_rules *ret_rules)
{
    struct task_rules rules = {.weight_milli = 0};
    struct bytes line;

    while (text.len > 0) {
        if (!bytes_split(&text, '\n', &line) || line.len == 0 ||
            !read_rule(line.at[0], (struct bytes){line.at + 1, line.len - 1}, &text, &rules))
            return false;
    }
    *ret_rules = rules;
    return true;
}
