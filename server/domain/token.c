/* Token: made, hashed and read from a line of the token file. */
#include "domain/token.h"

#include "base/time_text.h"

#include <string.h>

enum { SECRET_LEN = 32, SHORT_LEN = 20, HASH_PREFIX_LEN = 7, LABEL_LEN_MAX = 128 };

static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz0123456789";
static const char URL_LETTERS[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char LABEL_LETTERS[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";

/* Base64url of RFC 4648 without padding. */
static void write_secret(const uint8_t secret[SECRET_LEN], char *ret_text)
{
    uint32_t bits = 0;
    unsigned held = 0;

    for (unsigned i = 0; i < SECRET_LEN; i++) {
        bits = (bits << 8 | secret[i]) & 0xffffff;
        for (held += 8; held >= 6; held -= 6)
            *ret_text++ = URL_LETTERS[bits >> (held - 6) & 63];
    }
    *ret_text++ = URL_LETTERS[bits << (6 - held) & 63];
    *ret_text = '\0';
}

void token_make(struct random_source *random, char ret_text[TOKEN_TEXT_LEN + 1])
{
    uint8_t secret[SECRET_LEN];
    char *at = ret_text;

    memcpy(at, "slc_", 4);
    at += 4;
    for (unsigned i = 0; i < TOKEN_ID_LEN; i++)
        *at++ = LETTERS[random_below(random, sizeof(LETTERS) - 1)];
    *at++ = '_';
    random->fill(random->ctx, secret, sizeof(secret));
    write_secret(secret, at);
}

static bool are_all_of(struct bytes text, const char *letters)
{
    for (size_t i = 0; i < text.len; i++)
        if (strchr(letters, text.at[i]) == NULL || text.at[i] == '\0')
            return false;
    return true;
}

bool token_is_ours(struct bytes text)
{
    return text.len == TOKEN_TEXT_LEN && bytes_starts(text, "slc_") &&
           are_all_of((struct bytes){text.at + 4, TOKEN_ID_LEN}, LETTERS) &&
           text.at[4 + TOKEN_ID_LEN] == '_' &&
           are_all_of((struct bytes){text.at + 4 + TOKEN_ID_LEN + 1, 43}, URL_LETTERS);
}

bool token_is_sane(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] > '~')
            return false;
    return text.len >= TOKEN_GIVEN_MIN && text.len <= TOKEN_GIVEN_MAX;
}

bool token_is_long(struct bytes text)
{
    return text.len >= SHORT_LEN;
}

bool token_has_ended(int64_t expires_at_ms, int64_t now_ms)
{
    return expires_at_ms >= 0 && expires_at_ms <= now_ms;
}

bool token_rules_all(const struct grant *grant, int64_t expires_at_ms, int64_t now_ms)
{
    return grant_rules_all(grant) && !token_has_ended(expires_at_ms, now_ms);
}

struct digest token_hash(struct bytes text)
{
    return digest_plain(text);
}

/* ---- a line of the file ---- */

static bool next_word(struct bytes *rest, struct bytes *ret_word)
{
    size_t len = 0;

    *rest = bytes_trim(*rest);
    while (len < rest->len && rest->at[len] != ' ' && rest->at[len] != '\t')
        len++;
    *ret_word = (struct bytes){rest->at, len};
    *rest = (struct bytes){rest->at + len, rest->len - len};
    return len > 0;
}

static enum err read_token(struct bytes word, struct token_line *line, struct error *error)
{
    if (bytes_starts(word, "sha256:")) {
        if (!digest_read((struct bytes){word.at + HASH_PREFIX_LEN, word.len - HASH_PREFIX_LEN},
                         &line->hash))
            return error_set(error, ERR_INVALID_FIELD, "", "sha256: needs 64 hex digits behind it");
        return OK;
    }
    if (!token_is_sane(word))
        return error_set(error, ERR_INVALID_FIELD, "",
                         "a token has %d to %d visible ASCII characters", TOKEN_GIVEN_MIN,
                         TOKEN_GIVEN_MAX);
    line->hash = token_hash(word);
    line->is_plain = true;
    line->is_short = !token_is_long(word);
    if (token_is_ours(word))
        line->id = (struct bytes){word.at + 4, TOKEN_ID_LEN};
    return OK;
}

static bool is_option(struct bytes word, const char *name, struct bytes *ret_value)
{
    size_t len = strlen(name);

    if (!bytes_starts(word, name))
        return false;
    *ret_value = (struct bytes){word.at + len, word.len - len};
    return true;
}

static enum err read_globs(struct bytes value, struct bytes *ret_globs, struct error *error)
{
    *ret_globs = value;
    if (globs_are_valid(value))
        return OK;
    return error_set(error, ERR_INVALID_FIELD, "",
                     "ns= and queue= take names of A-Z a-z 0-9 . _ : - and *, joined by commas");
}

static enum err read_ns(struct bytes value, struct token_line *line, struct error *error)
{
    return read_globs(value, &line->grant.ns, error);
}

static enum err read_queue(struct bytes value, struct token_line *line, struct error *error)
{
    return read_globs(value, &line->grant.queues, error);
}

static enum err read_expires(struct bytes value, struct token_line *line, struct error *error)
{
    if (time_read(value, &line->expires_at_ms))
        return OK;
    return error_set(error, ERR_INVALID_FIELD, "",
                     "expires= needs a time such as 2027-01-31T00:00:00Z");
}

/* Whoever finds a token in our form must be able to say which it is. */
static enum err read_id(struct bytes value, struct token_line *line, struct error *error)
{
    if (value.len != TOKEN_ID_LEN || !are_all_of(value, LETTERS))
        return error_set(error, ERR_INVALID_FIELD, "", "id= needs %d characters of a-z 0-9",
                         TOKEN_ID_LEN);
    if (line->id.at != NULL && !bytes_equal(line->id, value))
        return error_set(error, ERR_INVALID_FIELD, "",
                         "id= is not the id that stands in the token itself; leave it out");
    line->id = value;
    return OK;
}

static enum err read_name(struct bytes value, struct token_line *line, struct error *error)
{
    line->name = value;
    if (value.len >= 1 && value.len <= LABEL_LEN_MAX && are_all_of(value, LABEL_LETTERS))
        return OK;
    return error_set(error, ERR_INVALID_FIELD, "",
                     "name= needs 1 to %d characters of A-Z a-z 0-9 . _ : -", LABEL_LEN_MAX);
}

static const struct option {
    const char *name;
    enum err (*read)(struct bytes value, struct token_line *line, struct error *error);
} OPTIONS[] = {
    {"ns=", read_ns}, {"queue=", read_queue}, {"expires=", read_expires},
    {"id=", read_id}, {"name=", read_name},
};

static enum err read_option(struct bytes word, unsigned *said, struct token_line *line,
                            struct error *error)
{
    struct bytes value;
    unsigned nth = 0;

    while (nth < ARRAY_LEN(OPTIONS) && !is_option(word, OPTIONS[nth].name, &value))
        nth++;
    if (nth == ARRAY_LEN(OPTIONS))
        return error_set(error, ERR_UNKNOWN_MEMBER, "",
                         "behind the role come ns=, queue=, expires=, id= and name= only");
    if ((*said & 1U << nth) != 0)
        return error_set(error, ERR_INVALID_FIELD, "", "%s is there twice", OPTIONS[nth].name);
    *said |= 1U << nth;
    return OPTIONS[nth].read(value, line, error);
}

enum err token_line_read(struct bytes line, struct token_line *ret_line, bool *ret_is_empty,
                         struct error *error)
{
    const char *comment = line.len > 0 ? memchr(line.at, '#', line.len) : NULL;
    struct bytes rest = line, word;
    unsigned said = 0;
    enum err code;

    *ret_line =
        (struct token_line){.grant = {.ns = BYTES("*"), .queues = BYTES("*")}, .expires_at_ms = -1};
    if (comment != NULL)
        rest.len = (size_t)(comment - line.at);
    *ret_is_empty = !next_word(&rest, &word);
    if (*ret_is_empty)
        return OK;
    if ((code = read_token(word, ret_line, error)) != OK)
        return code;
    if (!next_word(&rest, &word) || !role_read(word, &ret_line->grant.role))
        return error_set(error, ERR_INVALID_FIELD, "",
                         "behind the token comes viewer, submitter, worker, operator or admin");
    while (next_word(&rest, &word))
        if ((code = read_option(word, &said, ret_line, error)) != OK)
            return code;
    return OK;
}
