/* Config file: the small part of TOML that settings need: [section], key = value, comments. */
#include "config_file.h"

#include "base/assert.h"

#include <stdio.h>
#include <string.h>

enum { KEY_MAX = 128, VALUE_MAX = 4096 };

/* One line, and how far it has been read. */
struct cursor {
    struct bytes text;
    size_t at;
    int line;
    char section[KEY_MAX];
    char key[2 * KEY_MAX];
    char value[VALUE_MAX];
    struct error *error;
};

static enum err refuse_at(const struct cursor *cursor, size_t at, const char *why)
{
    char where[32];

    (void)snprintf(where, sizeof(where), "%d:%zu", cursor->line, at + 1);
    return error_set(cursor->error, ERR_MALFORMED, where, "%s", why);
}

static char peek(const struct cursor *cursor)
{
    return cursor->at < cursor->text.len ? cursor->text.at[cursor->at] : '\0';
}

static void skip_blanks(struct cursor *cursor)
{
    while (peek(cursor) == ' ' || peek(cursor) == '\t')
        cursor->at++;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static enum err read_name(struct cursor *cursor, struct bytes *ret_name)
{
    size_t start = cursor->at;

    while (is_name_char(peek(cursor)))
        cursor->at++;
    if (cursor->at == start)
        return refuse_at(cursor, start, "a name is expected: letters, digits, _ and -");
    if (cursor->at - start >= KEY_MAX)
        return refuse_at(cursor, start, "the name is too long");
    *ret_name = (struct bytes){cursor->text.at + start, cursor->at - start};
    return OK;
}

static enum err read_end(struct cursor *cursor)
{
    skip_blanks(cursor);
    if (cursor->at == cursor->text.len || peek(cursor) == '#')
        return OK;
    return refuse_at(cursor, cursor->at, "the end of the line or a # comment is expected");
}

static enum err read_section(struct cursor *cursor)
{
    struct bytes name = BYTES_NONE;

    cursor->at++;
    skip_blanks(cursor);
    if (read_name(cursor, &name) != OK)
        return ERR_MALFORMED;
    skip_blanks(cursor);
    if (peek(cursor) != ']')
        return refuse_at(cursor, cursor->at, "a ] is expected");
    cursor->at++;
    (void)snprintf(cursor->section, sizeof(cursor->section), "%.*s.", BYTES_ARG(name));
    return read_end(cursor);
}

/* What \c stands for; NUL when it is not known. */
static char unescaped(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case '"':
    case '\\':
        return c;
    default:
        return '\0';
    }
}

static enum err read_quoted(struct cursor *cursor, struct bytes *ret_value)
{
    char quote = peek(cursor);
    size_t start = cursor->at++;
    size_t len = 0;

    while (cursor->at < cursor->text.len && peek(cursor) != quote) {
        char c = cursor->text.at[cursor->at++];

        if (quote == '"' && c == '\\') {
            c = unescaped(peek(cursor));
            if (c == '\0')
                return refuse_at(cursor, cursor->at - 1, "only \\\\ \\\" \\n and \\t are known");
            cursor->at++;
        }
        if (len == sizeof(cursor->value))
            return refuse_at(cursor, start, "the value is too long");
        cursor->value[len++] = c;
    }
    if (cursor->at == cursor->text.len)
        return refuse_at(cursor, start, "the closing quote is missing");
    cursor->at++;
    *ret_value = (struct bytes){cursor->value, len};
    return OK;
}

/* A number, true or false; anything else must be quoted. */
static enum err read_bare(struct cursor *cursor, struct bytes *ret_value)
{
    size_t start = cursor->at;
    struct bytes value;

    while (is_name_char(peek(cursor)) || peek(cursor) == '.')
        cursor->at++;
    value = (struct bytes){cursor->text.at + start, cursor->at - start};
    if (value.len == 0)
        return refuse_at(cursor, start, "a value is expected");
    if (value.at[0] == '.')
        return refuse_at(cursor, start, "quote the value: only numbers, true and false stand bare");
    for (size_t i = 0; i < value.len && !bytes_is(value, "true") && !bytes_is(value, "false"); i++)
        if ((value.at[i] < '0' || value.at[i] > '9') && value.at[i] != '.')
            return refuse_at(cursor, start,
                             "quote the value: only numbers, true and false stand bare");
    *ret_value = value;
    return OK;
}

static enum err read_setting(struct cursor *cursor, struct config_line *ret_line)
{
    struct bytes name = BYTES_NONE;
    enum err err;

    *ret_line = (struct config_line){.line = cursor->line, .key_column = (int)cursor->at + 1};
    if (read_name(cursor, &name) != OK)
        return ERR_MALFORMED;
    (void)snprintf(cursor->key, sizeof(cursor->key), "%s%.*s", cursor->section, BYTES_ARG(name));
    ret_line->key = bytes_of(cursor->key);
    skip_blanks(cursor);
    if (peek(cursor) != '=')
        return refuse_at(cursor, cursor->at, "a = is expected");
    cursor->at++;
    skip_blanks(cursor);
    ret_line->value_column = (int)cursor->at + 1;
    err = peek(cursor) == '"' || peek(cursor) == '\'' ? read_quoted(cursor, &ret_line->value)
                                                      : read_bare(cursor, &ret_line->value);
    return err == OK ? read_end(cursor) : err;
}

/* take says what is wrong; the reader knows where. */
static void place(struct error *error, const struct config_line *line)
{
    int column = error->code == ERR_UNKNOWN_MEMBER ? line->key_column : line->value_column;

    (void)snprintf(error->where, sizeof(error->where), "%d:%d", line->line, column);
}

enum err config_file_read(struct bytes text,
                          enum err (*take)(void *ctx, const struct config_line *line,
                                           struct error *error),
                          void *ctx, struct error *error)
{
    struct cursor cursor = {.error = error};

    ASSERT(text.len <= CONFIG_FILE_MAX);
    while (bytes_split(&text, '\n', &cursor.text)) {
        struct config_line line;
        enum err err = OK;

        cursor.line++;
        cursor.at = 0;
        if (cursor.text.len > 0 && cursor.text.at[cursor.text.len - 1] == '\r')
            cursor.text.len--;
        skip_blanks(&cursor);
        if (cursor.at == cursor.text.len || peek(&cursor) == '#')
            continue;
        if (peek(&cursor) == '[') {
            err = read_section(&cursor);
        } else {
            err = read_setting(&cursor, &line);
            if (err == OK && (err = take(ctx, &line, error)) != OK)
                place(error, &line);
        }
        if (err != OK)
            return err;
    }
    return OK;
}
