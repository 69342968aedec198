/* Fuzz: URLs to call; what is taken has a host, a port and only what the strict reading lets
 * through, and a literal address is one that may be connected to. The first byte says whether
 * loopback is allowed. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "domain/push_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(struct bytes text, const struct push_policy *policy)
{
    struct push_url url;

    if (push_url_read(text, policy, &url, NULL) != OK)
        return;
    ASSERT(text.len <= PUSH_URL_MAX && memchr(text.at, '#', text.len) == NULL);
    ASSERT(bytes_starts(text, url.is_https ? "https://" : "http://"));
    ASSERT(url.host.len >= 1 && url.host.len <= PUSH_HOST_MAX && url.port >= 1 && url.port < 65536);
    ASSERT(url.host.at > text.at && url.host.at + url.host.len <= text.at + text.len);
    ASSERT(memchr(url.host.at, '@', url.host.len) == NULL &&
           memchr(url.host.at, '%', url.host.len) == NULL);
    ASSERT(url.is_https || policy->allowed.len > 0);
    if (url.is_literal)
        ASSERT(push_address_refusal(policy, url.is_https, &url.address, url.port) == NULL);
    else
        ASSERT(memchr(url.host.at, ':', url.host.len) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct network loopback = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127}}, 104};
    struct push_own own = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}}, 8080};
    struct push_policy policy = {.own = &own, .own_len = 1};

    if (len < 1)
        return 0;
    if (data[0] % 2 != 0)
        policy.allowed = (struct networks){&loopback, 1};
    check((struct bytes){(const char *)data + 1, len - 1}, &policy);
    return 0;
}
