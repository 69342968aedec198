/* Access: roles, scopes and globs. */
#include "domain/access.h"

#include "base/compiler.h"
#include "domain/bounds.h"

#include <string.h>

static const char *const ROLES[ROLE_MAX] = {
    [ROLE_VIEWER] = "viewer",     [ROLE_SUBMITTER] = "submitter", [ROLE_WORKER] = "worker",
    [ROLE_OPERATOR] = "operator", [ROLE_ADMIN] = "admin",
};

static const struct scope_facts {
    const char *wire;
    unsigned roles;
    bool is_whole; /* over the broker, not over a part of it */
} SCOPES[SCOPE_MAX] = {
#define SCOPE(name, wire, roles, whole) {(wire), (roles), (whole)},
#include "tables/scopes.gen.def"
#undef SCOPE
};

#define EVERYTHING                                                                                 \
    {                                                                                              \
        .role = ROLE_ADMIN, .ns = {"*", 1}, .queues = { "*", 1 }                                   \
    }

const struct principal principal_open = {
    .id = {"anonymous", 9}, .grant = EVERYTHING, .is_open = true};
const struct principal principal_broker = {.id = {"broker", 6}, .grant = EVERYTHING};

const char *role_name(enum role role)
{
    return ROLES[role];
}

bool role_read(struct bytes text, enum role *ret_role)
{
    for (unsigned i = 0; i < ROLE_MAX; i++)
        if (bytes_is(text, ROLES[i])) {
            *ret_role = (enum role)i;
            return true;
        }
    return false;
}

const char *scope_name(enum scope scope)
{
    return SCOPES[scope].wire;
}

/* ---- globs ---- */

static bool is_glob(struct bytes glob)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-*";

    for (size_t i = 0; i < glob.len; i++)
        if (memchr(allowed, glob.at[i], sizeof(allowed) - 1) == NULL)
            return false;
    return glob.len >= 1 && glob.len <= NAME_MAX_CEILING;
}

bool globs_are_valid(struct bytes globs)
{
    struct bytes rest = globs, glob;
    unsigned len = 0, commas = 0;

    if (globs.len > GLOBS_LEN_MAX)
        return false;
    for (size_t i = 0; i < globs.len; i++)
        commas += globs.at[i] == ',';
    while (bytes_split(&rest, ',', &glob)) {
        if (!is_glob(glob))
            return false;
        len++;
    }
    return len == commas + 1;
}

/* Goes back to the last star only, which is enough and bounds the work by the product of the
 * lengths. */
static bool glob_matches(struct bytes glob, struct bytes name)
{
    size_t at = 0, in = 0, star = SIZE_MAX, resume = 0;

    while (in < name.len) {
        if (at < glob.len && glob.at[at] == '*') {
            star = at++;
            resume = in;
        } else if (at < glob.len && glob.at[at] == name.at[in]) {
            at++;
            in++;
        } else if (star != SIZE_MAX) {
            at = star + 1;
            in = ++resume;
        } else {
            return false;
        }
    }
    while (at < glob.len && glob.at[at] == '*')
        at++;
    return at == glob.len;
}

bool globs_match(struct bytes globs, struct bytes name)
{
    struct bytes glob;

    while (bytes_split(&globs, ',', &glob))
        if (glob_matches(glob, name))
            return true;
    return false;
}

bool globs_are_all(struct bytes globs)
{
    struct bytes glob;

    while (bytes_split(&globs, ',', &glob))
        if (bytes_is(glob, "*"))
            return true;
    return false;
}

/* A glob taken as a name: its stars are no letters, so only stars can stand for them. */
bool globs_cover(struct bytes a, struct bytes b)
{
    struct bytes other;

    while (bytes_split(&b, ',', &other))
        if (!globs_match(a, other))
            return false;
    return true;
}

/* ---- grants ---- */

bool grant_is_unbounded(const struct grant *grant)
{
    return globs_are_all(grant->ns) && globs_are_all(grant->queues);
}

bool grant_rules_all(const struct grant *grant)
{
    return grant->role == ROLE_ADMIN && grant_is_unbounded(grant);
}

bool grant_has_scope(const struct grant *grant, enum scope scope)
{
    const struct scope_facts *facts = &SCOPES[scope];

    return scope == SCOPE_NONE || ((facts->roles & (1u << grant->role)) != 0 &&
                                   (!facts->is_whole || grant_is_unbounded(grant)));
}

bool grant_has_ns(const struct grant *grant, struct bytes ns)
{
    return globs_match(grant->ns, ns);
}

bool grant_has_queue(const struct grant *grant, struct bytes queue)
{
    return globs_match(grant->queues, queue);
}

bool grant_covers(const struct grant *grant, const struct grant *other)
{
    return grant->role == ROLE_ADMIN && globs_cover(grant->ns, other->ns) &&
           globs_cover(grant->queues, other->queues);
}

struct bytes grant_home_ns(const struct grant *grant)
{
    bool is_one_name = memchr(grant->ns.at, '*', grant->ns.len) == NULL &&
                       memchr(grant->ns.at, ',', grant->ns.len) == NULL;

    if (is_one_name)
        return grant->ns;
    return grant_has_ns(grant, BYTES("default")) ? BYTES("default") : BYTES_NONE;
}
