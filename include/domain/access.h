/* Access: what a token may do, and where. Pure rules; the tables of scopes and roles come from the
 * contract (tables/scopes.gen.def). All strings are borrowed. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

enum role { ROLE_VIEWER, ROLE_SUBMITTER, ROLE_WORKER, ROLE_OPERATOR, ROLE_ADMIN, ROLE_MAX };

#define ROLE_BIT(name) (1u << ROLE_##name)

enum scope {
#define SCOPE(name, wire, roles, whole) SCOPE_##name,
#include "tables/scopes.gen.def"
#undef SCOPE
    SCOPE_MAX,
};

enum { GLOBS_LEN_MAX = 1024 };

/* A role within the namespaces and queues whose names one of the globs matches. A list of globs is
 * joined by commas; "*" alone is everything. */
struct grant {
    enum role role;
    struct bytes ns;
    struct bytes queues;
};

/* Who asks: the holder of a token, or anybody where none is configured. Lives as long as any
 * request, or command, of theirs, so commands point at it from any thread. */
struct principal {
    struct bytes id;   /* the token's; "anonymous" without one */
    struct bytes name; /* NONE: it has none */
    struct grant grant;
    bool is_open; /* no token is configured */
};

/* Everything, as admin: whoever asks while no token is configured, and the broker itself. */
extern const struct principal principal_open, principal_broker;

const char *role_name(enum role role);
bool role_read(struct bytes text, enum role *ret_role);
const char *scope_name(enum scope scope);

/* Names joined by commas, of [A-Za-z0-9._:*-]{1,128} each, at most GLOBS_LEN_MAX bytes in all. */
bool globs_are_valid(struct bytes globs);
bool globs_match(struct bytes globs, struct bytes name);
bool globs_are_all(struct bytes globs); /* "*" is among them */
/* Does a match everything that b matches? Sure only when it says so: each glob of b must lie within
 * a single one of a. */
bool globs_cover(struct bytes a, struct bytes b);

/* The whole role's scope, and for scopes over the broker a grant without bounds. */
bool grant_has_scope(const struct grant *grant, enum scope scope);
bool grant_has_ns(const struct grant *grant, struct bytes ns);
bool grant_has_queue(const struct grant *grant, struct bytes queue);
bool grant_is_unbounded(const struct grant *grant); /* every namespace and every queue */
bool grant_rules_all(const struct grant *grant);    /* an admin's, and unbounded */
/* May a holder of this grant hand out the other one? */
bool grant_covers(const struct grant *grant, const struct grant *other);
/* The namespace meant by a path that names none: the only one it has, else "default" if it has
 * that; NONE: there is none. */
struct bytes grant_home_ns(const struct grant *grant);
