/* Token: the text that a client sends, and a line of the token file. Only its SHA-256 is ever kept.
 * A token that Sluice makes is slc_ID_SECRET: ID is 8 of [a-z0-9] and not secret, SECRET is 32
 * random bytes as 43 characters of base64url, so that scanners can know it by
 * slc_[a-z0-9]{8}_[A-Za-z0-9_-]{43}. Tokens in a file may be any text of 8 to 512 visible ASCII
 * characters. */
#pragma once

#include "base/digest.h"
#include "base/error.h"
#include "base/random.h"
#include "domain/access.h"

enum {
    TOKEN_ID_LEN = 8,
    TOKEN_TEXT_LEN = 4 + TOKEN_ID_LEN + 1 + 43,
    TOKEN_GIVEN_MIN = 8,
    TOKEN_GIVEN_MAX = 512,
};

/* A new token's text, NUL-ended; its id is at ret_text + 4. */
void token_make(struct random_source *random, char ret_text[TOKEN_TEXT_LEN + 1]);
/* Has it the form of one that Sluice made? Such a one cannot be guessed. */
bool token_is_ours(struct bytes text);
bool token_is_sane(struct bytes text);
struct digest token_hash(struct bytes text);

/* Is it so long that nobody finds it by trying? */
bool token_is_long(struct bytes text);

/* A token that ended so long ago is forgotten. */
#define TOKEN_KEPT_MS (INT64_C(30) * 24 * 3600 * 1000)

/* expires_at_ms -1: never. */
bool token_has_ended(int64_t expires_at_ms, int64_t now_ms);
/* Does a token with this grant and end rule everything now: an admin over every namespace and
 * queue? One of them must be left. */
bool token_rules_all(const struct grant *grant, int64_t expires_at_ms, int64_t now_ms);

/* A token as it is kept: all but its secret. */
struct token_record {
    struct bytes id;
    struct bytes name; /* NONE: none */
    struct digest hash;
    struct grant grant;
    int64_t created_at_ms;
    struct bytes created_by, replaces; /* ids of tokens; NONE: none */
    int64_t expires_at_ms;             /* -1: never */
    int64_t life_ms;         /* from its making to its end as it was first set; -1: endless */
    int64_t last_used_at_ms; /* -1: not yet */
};

/* TOKEN|sha256:HEX ROLE [ns=GLOBS] [queue=GLOBS] [expires=TIME] [id=ID] [name=LABEL], blanks
 * between, # begins a comment. */
struct token_line {
    struct bytes id;   /* given, or of a token in our form its own; NONE: neither */
    struct bytes name; /* NONE: none; [A-Za-z0-9._:-]{1,128} */
    struct digest hash;
    struct grant grant;    /* globs borrowed from the line; "*" where nothing is said */
    int64_t expires_at_ms; /* -1: never */
    bool is_plain;         /* the token itself stands in the line */
    bool is_short;         /* and has fewer than 20 characters */
};
/* ret_is_empty: nothing but blanks and a comment. error names what is wrong and never the token. */
MUST_CHECK enum err token_line_read(struct bytes line, struct token_line *ret_line,
                                    bool *ret_is_empty, struct error *error);
