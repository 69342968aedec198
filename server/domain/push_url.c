/* Push URL: the strict reading of a URL, and the addresses that are not public. */
#include "domain/push_url.h"

#include "base/parse.h"

#include <string.h>

enum { HTTP_PORT = 80, HTTPS_PORT = 443, FREE_PORTS = 1024, PORT_MAX = 65535, V4_AT = 12 };

/* ---- addresses ---- */

#define V4(a, b, c, d, bits)                                                                       \
    {                                                                                              \
        {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}}, 96 + (bits)                      \
    }
#define V6(a, b, c, d, e, f, bits)                                                                 \
    {                                                                                              \
        {{a, b, c, d, e, f}}, bits                                                                 \
    }

/* What IANA's special-purpose registries do not call global. 6to4 and Teredo are refused whole:
 * both carry a V4 address to a relay of somebody else's. */
static const struct network special[] = {
    V4(0, 0, 0, 0, 8),                    /* this network */
    V4(10, 0, 0, 0, 8),                   /* private */
    V4(100, 64, 0, 0, 10),                /* carrier NAT */
    V4(127, 0, 0, 0, 8),                  /* loopback */
    V4(169, 254, 0, 0, 16),               /* link-local, metadata of clouds */
    V4(172, 16, 0, 0, 12),                /* private */
    V4(192, 0, 0, 0, 24),                 /* protocols */
    V4(192, 0, 2, 0, 24),                 /* documentation */
    V4(192, 88, 99, 0, 24),               /* 6to4 relays */
    V4(192, 168, 0, 0, 16),               /* private */
    V4(198, 18, 0, 0, 15),                /* benchmarks */
    V4(198, 51, 100, 0, 24),              /* documentation */
    V4(203, 0, 113, 0, 24),               /* documentation */
    V4(224, 0, 0, 0, 4),                  /* multicast */
    V4(240, 0, 0, 0, 4),                  /* reserved, broadcast */
    V6(0x20, 0x01, 0, 0, 0, 0, 23),       /* protocols; Teredo is in it */
    V6(0x20, 0x01, 0x0d, 0xb8, 0, 0, 32), /* documentation */
    V6(0x20, 0x02, 0, 0, 0, 0, 16),       /* 6to4 */
    V6(0x3f, 0xff, 0, 0, 0, 0, 20),       /* documentation */
};
static const struct network v6_global = V6(0x20, 0, 0, 0, 0, 0, 3);
static const struct network nat64 = V6(0, 0x64, 0xff, 0x9b, 0, 0, 96);

static bool is_public(const struct network_address *address)
{
    for (unsigned i = 0; i < ARRAY_LEN(special); i++)
        if (network_has(&special[i], address))
            return false;
    return network_address_is_v4(address) || network_has(&v6_global, address);
}

static bool is_own(const struct push_policy *policy, const struct network_address *address,
                   unsigned port)
{
    for (unsigned i = 0; i < policy->own_len; i++)
        if (policy->own[i].port == port &&
            memcmp(policy->own[i].address.at, address->at, NETWORK_ADDRESS_LEN) == 0)
            return true;
    return false;
}

/* The kernel takes 0.0.0.0 and :: for loopback, whatever else is refused or allowed. */
static bool is_unspecified(const struct network_address *address)
{
    static const struct network none[] = {V4(0, 0, 0, 0, 32), V6(0, 0, 0, 0, 0, 0, 128)};

    return network_has(&none[0], address) || network_has(&none[1], address);
}

/* NAT64 leads to the V4 address that it holds, so that one is judged. */
static struct network_address led_to(const struct network_address *address)
{
    struct network_address v4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};

    if (!network_has(&nat64, address))
        return *address;
    memcpy(v4.at + V4_AT, address->at + V4_AT, sizeof(v4.at) - V4_AT);
    return v4;
}

static const char *public_refusal(bool is_https, unsigned port)
{
    if (!is_https)
        return "http: is only for addresses in a range of push_allow";
    if (port != HTTPS_PORT && port < FREE_PORTS)
        return "the port is neither 443 nor one from 1024 up";
    return NULL;
}

const char *push_address_refusal(const struct push_policy *policy, bool is_https,
                                 const struct network_address *address, unsigned port)
{
    struct network_address meant = led_to(address);

    if (is_own(policy, &meant, port) || is_unspecified(&meant))
        return "Sluice itself listens there";
    if (networks_have(&policy->allowed, address))
        return NULL;
    if (!is_public(&meant))
        return "the address is not a public one, and no range of push_allow has it";
    return public_refusal(is_https, port);
}

/* ---- the text ---- */

/* Visible ASCII without what RFC 3986 has no place for: parsers differ about the rest. */
static bool is_url_text(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] > '~' || strchr("\"<>\\^`{|}", text.at[i]) != NULL)
            return false;
    return true;
}

static struct bytes after(struct bytes text, size_t len)
{
    return (struct bytes){text.at + len, text.len - len};
}

static bool read_scheme(struct bytes *text, bool *ret_is_https)
{
    *ret_is_https = bytes_starts(*text, "https://");
    if (!*ret_is_https && !bytes_starts(*text, "http://"))
        return false;
    *text = after(*text, *ret_is_https ? 8 : 7);
    return true;
}

static struct bytes cut_authority(struct bytes text)
{
    size_t len = 0;

    while (len < text.len && text.at[len] != '/' && text.at[len] != '?')
        len++;
    return (struct bytes){text.at, len};
}

/* ":8443", or nothing. */
static bool read_port(struct bytes text, struct push_url *url)
{
    int64_t port = url->is_https ? HTTPS_PORT : HTTP_PORT;

    if (text.len > 0 &&
        (text.at[0] != ':' || text.len < 2 || !parse_int(after(text, 1), 1, PORT_MAX, &port)))
        return false;
    url->port = (unsigned)port;
    return true;
}

static bool is_label(struct bytes label)
{
    for (size_t i = 0; i < label.len; i++) {
        char c = label.at[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return label.len >= 1 && label.len <= PUSH_LABEL_MAX && label.at[0] != '-' &&
           label.at[label.len - 1] != '-';
}

/* Resolvers take what begins with a digit at its end for an address: 127.1, 0x7f000001. No public
 * suffix does. */
static bool is_name(struct bytes host)
{
    struct bytes rest = host, label = BYTES_NONE;

    if (host.len > PUSH_HOST_MAX || host.at[host.len - 1] == '.')
        return false;
    while (bytes_split(&rest, '.', &label))
        if (!is_label(label))
            return false;
    return label.at[0] < '0' || label.at[0] > '9';
}

static bool read_v6(struct bytes inside, struct push_url *url)
{
    char bracketed[NETWORK_TEXT_LEN + 2] = "[";

    if (inside.len >= NETWORK_TEXT_LEN || memchr(inside.at, ':', inside.len) == NULL)
        return false;
    memcpy(bracketed + 1, inside.at, inside.len);
    bracketed[inside.len + 1] = ']';
    url->is_literal = true;
    url->host = inside;
    return network_address_read((struct bytes){bracketed, inside.len + 2}, &url->address);
}

static const char *read_host(struct bytes authority, struct push_url *url)
{
    const char *end = memchr(authority.at, authority.at[0] == '[' ? ']' : ':', authority.len);
    size_t len = end != NULL ? (size_t)(end - authority.at) : authority.len;

    if (authority.at[0] == '[') {
        if (end == NULL || !read_v6((struct bytes){authority.at + 1, len - 1}, url))
            return "what stands in [ ] is not a V6 address";
        len++;
    } else {
        url->host = (struct bytes){authority.at, len};
        url->is_literal = network_address_read(url->host, &url->address);
        if (len == 0 || (!url->is_literal && !is_name(url->host)))
            return "the host is neither a name of DNS nor an address as 192.0.2.1 or [2001:db8::1]";
    }
    return read_port(after(authority, len), url) ? NULL
                                                 : "the port is not a number from 1 to 65535";
}

static bool is_localhost(struct bytes host)
{
    static const char NAME[] = "localhost";
    size_t len = sizeof(NAME) - 1;

    return host.len >= len && strncasecmp(host.at + host.len - len, NAME, len) == 0 &&
           (host.len == len || host.at[host.len - len - 1] == '.');
}

/* A name's addresses are judged at the connection; what can be said before is. */
static const char *name_refusal(const struct push_url *url, const struct push_policy *policy)
{
    if (policy->allowed.len > 0)
        return NULL;
    if (is_localhost(url->host))
        return "localhost is not a public address, and push_allow names no range";
    return public_refusal(url->is_https, url->port);
}

static const char *text_refusal(struct bytes text, const struct push_policy *policy,
                                struct push_url *url)
{
    struct bytes authority;
    const char *refusal;

    if (text.len > PUSH_URL_MAX)
        return "a URL has at most 2048 bytes";
    if (!is_url_text(text))
        return "a URL is ASCII without blanks, \"<>\\^`{|} and control characters; names of other "
               "letters are written as xn--";
    if (!read_scheme(&text, &url->is_https))
        return "a URL begins with https:// or, for addresses in a range of push_allow, http://";
    if (text.len > 0 && memchr(text.at, '#', text.len) != NULL)
        return "a URL to call has no fragment";
    authority = cut_authority(text);
    if (authority.len == 0)
        return "the host is missing";
    if (memchr(authority.at, '@', authority.len) != NULL)
        return "a URL to call holds no user and no password";
    if ((refusal = read_host(authority, url)) != NULL)
        return refusal;
    return url->is_literal ? push_address_refusal(policy, url->is_https, &url->address, url->port)
                           : name_refusal(url, policy);
}

enum err push_url_read(struct bytes text, const struct push_policy *policy,
                       struct push_url *ret_url, struct error *error)
{
    const char *refusal;

    *ret_url = (struct push_url){.host = BYTES_NONE};
    refusal = text_refusal(text, policy, ret_url);
    return refusal == NULL ? OK : error_set(error, ERR_INVALID_FIELD, "", "%s", refusal);
}
