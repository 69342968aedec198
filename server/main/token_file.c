/* Token file: the operator's access tokens, one a line, as they are when it is read. */
#include "token_file.h"

#include "base/map.h"
#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_MAX = 1 << 20,
    READ_SIZE = 16384,
    KEY_BYTES = 8, /* of the hash; no two tokens share them */
};

static enum err refuse(struct error *error, const char *path, const char *why)
{
    return error_set(error, ERR_INVALID_FIELD, "token_file", "%.120s: %s", path, why);
}

static enum err refuse_line(struct error *error, const char *path, int line, const char *why)
{
    return error_set(error, ERR_INVALID_FIELD, "token_file", "%.120s:%d: %.110s", path, line, why);
}

/* Who can write the file can make tokens. */
static enum err check_mode(int fd, const char *path, struct token_file *file, struct error *error)
{
    struct stat stat_of;

    if (fstat(fd, &stat_of) != 0)
        return refuse(error, path, strerrordesc_np(errno));
    if (!S_ISREG(stat_of.st_mode))
        return refuse(error, path, "is not a file");
    if ((stat_of.st_mode & S_IWOTH) != 0)
        return refuse(error, path, "may be written by everybody; chmod o-w it");
    if ((stat_of.st_mode & S_IWGRP) != 0 && (stat_of.st_uid != 0 || stat_of.st_gid != 0))
        return refuse(error, path, "may be written by its group; chmod g-w it");
    file->facts = file_facts_of(&stat_of);
    return OK;
}

static enum err read_whole(int fd, const char *path, struct buffer *text, struct error *error)
{
    ssize_t got = 1;

    while (got > 0) {
        char *room = buffer_room(text, READ_SIZE);

        if (room == NULL)
            return refuse(error, path, "is larger than 1 MiB");
        got = read(fd, room, READ_SIZE);
        if (got > 0)
            buffer_added(text, (size_t)got);
    }
    return got == 0 ? OK : refuse(error, path, strerrordesc_np(errno));
}

/* Links are followed: secrets are mounted as such. A pipe without a writer must not hold us up. */
static enum err load(const char *path, struct token_file *file, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum err err;

    if (fd < 0)
        return refuse(error, path, strerrordesc_np(errno));
    err = check_mode(fd, path, file, error);
    if (err == OK)
        err = read_whole(fd, path, &file->text, error);
    close(fd);
    return err;
}

static size_t count_lines(struct bytes text)
{
    size_t lines = 1;

    for (size_t i = 0; i < text.len; i++)
        lines += text.at[i] == '\n';
    return lines;
}

/* What the lines before hold, each with its number. */
struct seen {
    struct map *tokens, *ids;
};

static uint64_t id_key(const struct token_line *line)
{
    char hex[DIGEST_LEN * 2 + 1];
    uint64_t key;

    static_assert(TOKEN_ID_LEN == sizeof(key), "an id fills a number");
    digest_hex(line->hash, hex);
    memcpy(&key, line->id.at != NULL ? line->id.at : hex, sizeof(key));
    return key;
}

/* One more token, if none of the lines before was the same or is called the same. */
static enum err take(struct token_file *file, struct seen *seen, const char *path, int *number,
                     struct error *error)
{
    struct token_line *line = &file->lines[file->lines_len];
    const int *before;
    uint64_t token;

    memcpy(&token, line->hash.at, KEY_BYTES);
    before = map_put_int(seen->tokens, token, number);
    if (before != NULL)
        return error_set(error, ERR_INVALID_FIELD, "token_file",
                         "%.120s:%d: the same token as in line %d", path, *number, *before);
    before = map_put_int(seen->ids, id_key(line), number);
    if (before != NULL)
        return error_set(error, ERR_INVALID_FIELD, "token_file",
                         "%.120s:%d: the same id as in line %d; id= gives another", path, *number,
                         *before);
    file->short_len += line->is_short;
    file->plain_len += line->is_plain;
    file->lines_len++;
    return OK;
}

static enum err read_lines(struct token_file *file, const char *path, struct error *error)
{
    struct bytes rest = buffer_bytes(&file->text), text;
    size_t lines_max = count_lines(rest);
    int *numbers = mem_alloc(lines_max * sizeof(*numbers));
    struct seen seen = {.tokens = map_new(), .ids = map_new()};
    enum err err = OK;

    file->lines = mem_alloc(lines_max * sizeof(*file->lines));
    for (size_t at = 0; err == OK && bytes_split(&rest, '\n', &text); at++) {
        struct error why = {0};
        bool is_empty;

        numbers[at] = (int)at + 1;
        if (text.len > 0 && text.at[text.len - 1] == '\r')
            text.len--;
        err = token_line_read(text, &file->lines[file->lines_len], &is_empty, &why);
        if (err != OK)
            err = refuse_line(error, path, numbers[at], why.detail);
        else if (!is_empty)
            err = take(file, &seen, path, &numbers[at], error);
    }
    map_free(seen.tokens);
    map_free(seen.ids);
    free(numbers);
    return err;
}

static bool is_token_alone(struct bytes text)
{
    size_t before_len;

    do {
        before_len = text.len;
        text = bytes_trim(text);
        while (text.len > 0 && (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == '\r'))
            text.len--;
        while (text.len > 0 && text.at[0] == '\n')
            text = (struct bytes){text.at + 1, text.len - 1};
    } while (text.len < before_len);
    return token_is_sane(text);
}

enum err token_file_read(const char *path, struct token_file *file, struct error *error)
{
    enum err err;

    *file = (struct token_file){0};
    /* Room is asked for before the end is seen. */
    buffer_init(&file->text, FILE_MAX + READ_SIZE);
    err = load(path, file, error);
    if (err != OK)
        return err;
    file->is_token_alone = is_token_alone(buffer_bytes(&file->text));
    return read_lines(file, path, error);
}

void token_file_fini(struct token_file *file)
{
    if (file->text.at != NULL)
        explicit_bzero(file->text.at, file->text.len);
    buffer_fini(&file->text);
    free(file->lines);
    *file = (struct token_file){0};
}
