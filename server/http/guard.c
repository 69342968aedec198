/* Guard: what no handler should ever see: broken framing, hostile paths, requests that were meant
 * for somebody else. */
#include "guard.h"

#include "base/utf8.h"

#include "server_struct.h"

#include <string.h>
#include <strings.h>

enum { NAME_MAX_LEN = 128, HOST_SHOWN_MAX = 80 };

/* Headers that mean one thing only; the others may be lists or are not ours to judge. Host and
 * Content-Length are libmicrohttpd's. */
static const char *const single_headers[] = {
    "authorization", "content-encoding", "content-type",
    "expect",        "idempotency-key",  "last-event-id",
    "lease",         "sec-fetch-site",   "origin",
};

static enum err refuse_framing(struct request *request, struct error *error, const char *where,
                               const char *detail)
{
    request->must_close = true;
    return error_set(error, ERR_MALFORMED, where, "%s", detail);
}

static bool starts_caseless(struct bytes text, const char *prefix)
{
    size_t len = strlen(prefix);

    return text.len >= len && strncasecmp(text.at, prefix, len) == 0;
}

static bool equal_caseless(struct bytes a, struct bytes b)
{
    return a.len == b.len && strncasecmp(a.at, b.at, a.len) == 0;
}

static struct bytes after(struct bytes text, size_t len)
{
    return (struct bytes){text.at + len, text.len - len};
}

/* http://authority/path: cuts scheme and authority off. */
static bool cut_authority(struct bytes *target, struct bytes *ret_authority)
{
    struct bytes rest;
    size_t len = 0;

    if (starts_caseless(*target, "http://"))
        rest = after(*target, strlen("http://"));
    else if (starts_caseless(*target, "https://"))
        rest = after(*target, strlen("https://"));
    else
        return false;
    while (len < rest.len && rest.at[len] != '/' && rest.at[len] != '?')
        len++;
    *ret_authority = (struct bytes){rest.at, len};
    *target = after(rest, len);
    return len > 0;
}

static bool is_visible(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] <= 0x20 || (unsigned char)text.at[i] >= 0x7f ||
            text.at[i] == '#')
            return false;
    return true;
}

enum err guard_target(struct request *request, struct bytes *ret_authority, struct error *error)
{
    struct bytes target = request->target;
    bool is_absolute = cut_authority(&target, ret_authority);
    const char *query;

    if (!is_visible(request->target))
        return refuse_framing(request, error, "", "the target holds bytes that need escaping");
    if (bytes_is(target, "*") && request->method == METHOD_OPTIONS) {
        request->raw_path = target;
        return OK;
    }
    if (is_absolute && (target.len == 0 || target.at[0] == '?'))
        target = arena_printf(request->arena, "/%.*s", BYTES_ARG(target));
    if (target.len == 0 || target.at[0] != '/')
        return refuse_framing(request, error, "", "the target must begin with a slash");
    query = memchr(target.at, '?', target.len);
    request->raw_path = target;
    if (query == NULL)
        return OK;
    request->raw_path.len = (size_t)(query - target.at);
    request->raw_query = after(target, request->raw_path.len + 1);
    return OK;
}

static bool has_control(struct bytes value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

static bool is_single(struct bytes name)
{
    for (unsigned i = 0; i < ARRAY_LEN(single_headers); i++)
        if (name.len == strlen(single_headers[i]) &&
            strncasecmp(name.at, single_headers[i], name.len) == 0)
            return true;
    return false;
}

static bool is_repeated(const struct fields *headers, unsigned nth)
{
    for (unsigned i = 0; i < nth; i++)
        if (equal_caseless(headers->at[i].name, headers->at[nth].name))
            return true;
    return false;
}

enum err guard_headers(struct request *request, struct error *error)
{
    const struct fields *headers = &request->headers;

    for (unsigned i = 0; i < headers->len; i++) {
        if (has_control(headers->at[i].value))
            return refuse_framing(request, error, "", "a header holds a control character");
        if (is_repeated(headers, i) && is_single(headers->at[i].name)) {
            char name[32];

            (void)snprintf(name, sizeof(name), "%.*s", BYTES_ARG(headers->at[i].name));
            return refuse_framing(request, error, name, "the header stands there twice");
        }
    }
    return OK;
}

static bool is_host(struct bytes host)
{
    for (size_t i = 0; i < host.len; i++)
        if (memchr("/\\@?#<>\"^`{}| ,", host.at[i], 15) != NULL ||
            (unsigned char)host.at[i] <= 0x20 || (unsigned char)host.at[i] >= 0x7f)
            return false;
    return host.len > 0;
}

/* Without a port: the name before the last colon that is in no brackets. */
static struct bytes name_of(struct bytes host)
{
    size_t len = host.len;

    while (len > 0 && host.at[len - 1] >= '0' && host.at[len - 1] <= '9')
        len--;
    return len > 1 && host.at[len - 1] == ':' ? (struct bytes){host.at, len - 1} : host;
}

/* Names without a port allow every port. */
static bool is_allowed(const struct http_server *server, struct bytes host)
{
    struct bytes rest = bytes_of(server->options.allowed_hosts);
    struct bytes allowed;

    while (bytes_split(&rest, ',', &allowed)) {
        allowed = bytes_trim(allowed);
        if (allowed.len > 0 &&
            (equal_caseless(allowed, host) || equal_caseless(allowed, name_of(host))))
            return true;
    }
    return false;
}

static bool has_allowed(const struct http_server *server)
{
    return server->options.allowed_hosts != NULL && server->options.allowed_hosts[0] != '\0';
}

/* A page that another site served may not make its reader's browser work for it; pages of allowed
 * hosts may. */
static enum err guard_origin(const struct request *request, struct bytes host, struct error *error)
{
    struct bytes origin = request_header(request, "origin");
    struct bytes authority = BYTES_NONE;
    bool is_known = false;

    if (origin.at != NULL) {
        bool is_host_alone = cut_authority(&origin, &authority) && origin.len == 0;

        is_known = is_host_alone && is_allowed(request->connection->server, authority);
        if (!is_known && (!is_host_alone || !equal_caseless(authority, host)))
            return error_set(error, ERR_FORBIDDEN, "Origin",
                             "requests from pages of other sites are not taken");
    }
    if (!is_known && bytes_is(request_header(request, "sec-fetch-site"), "cross-site"))
        return error_set(error, ERR_FORBIDDEN, "Sec-Fetch-Site",
                         "requests from pages of other sites are not taken");
    return OK;
}

static bool is_served(const struct http_server *server, struct bytes host)
{
    if (is_allowed(server, host))
        return true;
    return server->options.loopback_only_hosts ? address_is_ours(&server->address, host)
                                               : !has_allowed(server);
}

static enum err refuse_host(const struct http_server *server, struct bytes host,
                            struct error *error)
{
    struct bytes shown = {host.at, host.len < HOST_SHOWN_MAX ? host.len : HOST_SHOWN_MAX};
    const char *rest = shown.len < host.len ? "…" : "";

    if (server->options.loopback_only_hosts)
        return error_set(error, ERR_MISDIRECTED, "Host",
                         "%.*s%s is not served: only localhost, the listen address and what "
                         "allowed_hosts names",
                         BYTES_ARG(shown), rest);
    return error_set(error, ERR_MISDIRECTED, "Host",
                     "%.*s%s is not served: only what allowed_hosts names", BYTES_ARG(shown), rest);
}

enum err guard_host(struct request *request, struct bytes authority, struct error *error)
{
    const struct http_server *server = request->connection->server;
    struct bytes host = request_header(request, "host");

    if (host.at == NULL)
        return guard_origin(request, BYTES(""), error); /* HTTP/1.0 */
    if (!is_host(host))
        return refuse_framing(request, error, "Host", "this is not a host");
    if (authority.at != NULL && !equal_caseless(authority, host))
        return error_set(error, ERR_MISDIRECTED, "Host", "the target names another host");
    if ((request->route == NULL || !request->route->any_host) && !is_served(server, host))
        return refuse_host(server, host, error);
    return guard_origin(request, host, error);
}

static bool is_dots(struct bytes segment)
{
    return bytes_is(segment, ".") || bytes_is(segment, "..");
}

static bool is_ns(struct bytes name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-";

    for (size_t i = 0; i < name.len; i++)
        if (memchr(allowed, name.at[i], sizeof(allowed) - 1) == NULL)
            return false;
    return name.len >= 1 && name.len <= NAME_MAX_LEN;
}

/* /v1/ns/{ns}/rest becomes /v1/rest. */
static enum err take_ns(struct request *request, struct error *error)
{
    struct path *path = &request->path;

    request->ns = BYTES("default");
    if (path->len < 3 || !bytes_is(path->segments[0], "v1") || !bytes_is(path->segments[1], "ns"))
        return OK;
    request->ns = path->segments[2];
    request->names_ns = true;
    if (!is_ns(request->ns))
        return error_set(error, ERR_INVALID_FIELD, "",
                         "a namespace has 1 to %d characters of A-Z a-z 0-9 . _ : -", NAME_MAX_LEN);
    path->len -= 2;
    memmove(&path->segments[1], &path->segments[3], (path->len - 1) * sizeof(path->segments[0]));
    return OK;
}

enum err guard_path(struct request *request, struct error *error)
{
    struct bytes rest = after(request->raw_path, 1);
    struct path *path = &request->path;
    const char *slash;

    do {
        struct bytes segment = rest;

        slash = rest.len > 0 ? memchr(rest.at, '/', rest.len) : NULL;
        if (slash != NULL) {
            segment.len = (size_t)(slash - rest.at);
            rest = after(rest, segment.len + 1);
        }
        if (path->len == ROUTER_SEGMENTS_MAX)
            return error_set(error, ERR_NOT_FOUND, "", "there is no such path");
        if (!percent_decode(segment, request->arena, &path->segments[path->len]))
            return refuse_framing(request, error, "", "the path has a broken escape");
        if (has_control(path->segments[path->len]))
            return refuse_framing(request, error, "", "the path holds a control character");
        path->len++;
    } while (slash != NULL);

    if (request->raw_path.len == 1) {
        path->len = 0;
        return OK;
    }
    for (unsigned i = 0; i < path->len; i++)
        if (path->segments[i].len == 0 || is_dots(path->segments[i]))
            return error_set(error, ERR_NOT_FOUND, "", "there is no such path");
    return take_ns(request, error);
}
