/* Push URL: what of a URL's spelling and of a connection's address is let through, with nothing
 * allowed and with loopback allowed. */
#include "domain/push_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { OWN_PORT = 7070 };

struct fixture {
    struct push_own own[2];
    struct push_policy closed, open; /* nothing allowed; 127.0.0.0/8 and fd00::/8 */
};

static struct network_address address_of(const char *text)
{
    struct network_address address;

    assert_true(network_address_read(bytes_of(text), &address));
    return address;
}

static int setup(void **state)
{
    static struct fixture fixture;

    fixture = (struct fixture){
        .own = {{address_of("127.0.0.1"), OWN_PORT}, {address_of("2600::7"), OWN_PORT}}};
    fixture.closed = (struct push_policy){.own = fixture.own, .own_len = 2};
    fixture.open = fixture.closed;
    if (networks_read("127.0.0.0/8,fd00::/8", &fixture.open.allowed, NULL) != OK)
        return -1;
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    networks_free(&((struct fixture *)*state)->open.allowed);
    return 0;
}

enum taken { NEVER, IF_ALLOWED, ALWAYS };

static bool is_taken(const struct push_policy *policy, struct bytes text)
{
    struct error error = {.detail = ""};
    struct push_url url;
    bool taken = push_url_read(text, policy, &url, &error) == OK;

    if (!taken) {
        assert_int_equal(error.code, ERR_INVALID_FIELD);
        assert_string_equal(error.where, "");
        assert_true(strlen(error.detail) > 0 && strlen(error.detail) < sizeof(error.detail) - 1);
    }
    return taken;
}

static void assert_taken(const struct fixture *fixture, struct bytes text, enum taken taken)
{
    if (is_taken(&fixture->closed, text) != (taken == ALWAYS))
        fail_msg("nothing allowed: %.*s", BYTES_ARG(text));
    if (is_taken(&fixture->open, text) != (taken != NEVER))
        fail_msg("loopback allowed: %.*s", BYTES_ARG(text));
}

static const struct {
    const char *text;
    enum taken taken;
} cases[] = {
    /* what it is for */
    {"https://example.com", ALWAYS},
    {"https://example.com/", ALWAYS},
    {"https://example.com?x=1", ALWAYS},
    {"https://example.com/a/b?x=%20&y=@:/", ALWAYS},
    {"https://example.com:443/", ALWAYS},
    {"https://example.com:8443/", ALWAYS},
    {"https://example.com:1024/", ALWAYS},
    {"https://example.com:65535/", ALWAYS},
    {"https://Hooks-1.EXAMPLE.com/", ALWAYS},
    {"https://xn--bcher-kva.example/", ALWAYS},
    {"https://my_service.example/", ALWAYS},
    {"https://127.0.0.1.example.com/", ALWAYS}, /* a name as others */
    {"https://notlocalhost/", ALWAYS},
    {"https://93.184.216.34/", ALWAYS},
    {"https://[2606:2800:220:1:248:1893:25c8:1946]:8443/", ALWAYS},
    {"https://[::ffff:93.184.216.34]/", ALWAYS},
    {"https://[64:ff9b::5db8:d822]/", ALWAYS},
    /* left to the connection where something is allowed */
    {"http://example.com/", IF_ALLOWED},
    {"http://example.com:8080/", IF_ALLOWED},
    {"https://example.com:22/", IF_ALLOWED},
    {"https://localhost/", IF_ALLOWED},
    {"https://LOCALHOST:8443/", IF_ALLOWED},
    {"http://a.localhost/", IF_ALLOWED},
    /* loopback and other allowed ones */
    {"http://127.0.0.1/", IF_ALLOWED},
    {"http://127.0.0.1:22/", IF_ALLOWED},
    {"https://127.0.0.1", IF_ALLOWED},
    {"https://127.1.2.3:8080/x", IF_ALLOWED},
    {"http://[::ffff:127.0.0.1]/", IF_ALLOWED},
    {"http://[::ffff:7f00:1]/", IF_ALLOWED},
    {"http://[0:0:0:0:0:ffff:7f00:0001]/", IF_ALLOWED},
    {"http://[fd00:ec2::254]:80/", IF_ALLOWED},
    /* Sluice itself */
    {"http://127.0.0.1:7070/", NEVER},
    {"http://[::ffff:127.0.0.1]:7070/", NEVER},
    {"https://[2600::7]:7070/", NEVER},
    {"https://[2600::7]:7071/", ALWAYS},
    /* other spellings of addresses */
    {"https://127.1/", NEVER},
    {"https://127.0.1/", NEVER},
    {"https://2130706433/", NEVER},
    {"https://0x7f000001/", NEVER},
    {"https://0x7f.1/", NEVER},
    {"https://0X7F.0.0.1/", NEVER},
    {"https://0177.0.0.1/", NEVER},
    {"https://127.0.0.01/", NEVER},
    {"https://017700000001/", NEVER},
    {"https://127.0.0.1./", NEVER},
    {"https://127.0.0.1.1/", NEVER},
    {"https://127.0.0.256/", NEVER},
    {"https://0/", NEVER},
    {"https://example.0x7f/", NEVER},
    {"https://[127.0.0.1]/", NEVER},
    {"https://[::ffff:127.1]/", NEVER},
    {"https://::1/", NEVER},
    {"https://[::1/", NEVER},
    {"https://[::1]x/", NEVER},
    {"https://[]/", NEVER},
    {"https://[fe80::1%25eth0]/", NEVER},
    {"https://[fe80::1%eth0]/", NEVER},
    {"https://[v1.fe80::a]/", NEVER},
    {"https://[127.0.0.1:80]/", NEVER},
    {"https://[00000000000000000000000000000000000000000000000000000000::1]/", NEVER},
    /* addresses that are not public */
    {"https://0.0.0.0/", NEVER},
    {"https://10.0.0.1/", NEVER},
    {"https://100.64.0.1/", NEVER},
    {"https://169.254.169.254/latest/meta-data", NEVER},
    {"https://172.31.255.255/", NEVER},
    {"https://192.168.1.1/", NEVER},
    {"https://255.255.255.255/", NEVER},
    {"https://[::]/", NEVER},
    {"https://[::1]/", NEVER},
    {"https://[::127.0.0.1]/", NEVER},
    {"https://[64:ff9b::7f00:1]/", NEVER},
    {"https://[64:ff9b::10.0.0.1]/", NEVER},
    {"https://[64:ff9b:1::5db8:d822]/", NEVER},
    {"https://[2002:7f00:1::]/", NEVER},
    {"https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", NEVER},
    {"https://[fe80::1]/", NEVER},
    {"https://[ff02::1]/", NEVER},
    /* names that are none */
    {"https://example.com./", NEVER},
    {"https://localhost./", NEVER},
    {"https://.example.com/", NEVER},
    {"https://example..com/", NEVER},
    {"https://-example.com/", NEVER},
    {"https://example-/", NEVER},
    {"https://b\xc3\xbc"
     "cher.example/",
     NEVER},
    {"https://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.1/", NEVER}, /* full-width digits */
    {"https://127\xe3\x80\x82"
     "0\xe3\x80\x82"
     "0\xe3\x80\x82"
     "1/",
     NEVER}, /* CJK full stops */
    {"https://exam%70le.com/", NEVER},
    {"https://%31%32%37.0.0.1/", NEVER},
    {"https://example.com%00.evil.test/", NEVER},
    {"https://exa,mple.com/", NEVER},
    {"https://exa*mple.com/", NEVER},
    /* somebody in front of it, something behind it */
    {"https://user@example.com/", NEVER},
    {"https://user:secret@example.com/", NEVER},
    {"https://example.com@127.0.0.1/", NEVER},
    {"https://@example.com/", NEVER},
    {"https://example.com\\@127.0.0.1/", NEVER},
    {"https:\\\\example.com/", NEVER},
    {"https://example.com#@127.0.0.1/", NEVER},
    {"https://example.com/#x", NEVER},
    {"https://example.com/?q#", NEVER},
    /* ports */
    {"https://example.com:/", NEVER},
    {"https://example.com:0/", NEVER},
    {"https://example.com:0443/", NEVER},
    {"https://example.com:+443/", NEVER},
    {"https://example.com:-1/", NEVER},
    {"https://example.com:65536/", NEVER},
    {"https://example.com:4294967739/", NEVER},
    {"https://example.com:443:80/", NEVER},
    {"https://example.com:44x/", NEVER},
    {"https://:443/", NEVER},
    {"https://93.184.216.34:22/", NEVER},
    {"http://93.184.216.34/", NEVER},
    /* blanks and control characters */
    {" https://example.com/", NEVER},
    {"https://example.com/ ", NEVER},
    {"https://exam ple.com/", NEVER},
    {"https://example.com/a b", NEVER},
    {"https://example.com/\r\nHost: evil.test", NEVER},
    {"https://example.com\r\n/", NEVER},
    {"https://example.com/\t", NEVER},
    {"https://exam\tple.com/", NEVER},
    {"https://example.com/\x7f", NEVER},
    {"https://example.com/{id}", NEVER},
    /* schemes */
    {"", NEVER},
    {"https:", NEVER},
    {"https://", NEVER},
    {"https:///", NEVER},
    {"https:///example.com", NEVER},
    {"https://?", NEVER},
    {"https:/example.com/", NEVER},
    {"https:example.com/", NEVER},
    {"HTTPS://example.com/", NEVER},
    {"//example.com/", NEVER},
    {"/hook", NEVER},
    {"example.com", NEVER},
    {"ftp://example.com/", NEVER},
    {"file:///etc/passwd", NEVER},
    {"gopher://example.com/", NEVER},
    {"dict://example.com:11211/", NEVER},
    {"unix:///run/docker.sock", NEVER},
    {"javascript:alert(1)", NEVER},
    {"data:text/plain,x", NEVER},
    {"httpss://example.com/", NEVER},
    {"view-source:https://example.com/", NEVER},
};

static void spellings(void **state)
{
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++)
        assert_taken(*state, bytes_of(cases[i].text), cases[i].taken);
    assert_taken(*state, BYTES("https://example.com\0.evil.test/"), NEVER);
    assert_taken(*state, BYTES("https://example.com/\0"), NEVER);
    assert_taken(*state, BYTES_NONE, NEVER);
}

static struct bytes url_of(char *at, size_t host_len, size_t label_len, size_t path_len)
{
    size_t len = 8;

    memcpy(at, "https://", len);
    for (size_t i = 1; i <= host_len; i++)
        at[len++] = i % (label_len + 1) == 0 ? '.' : 'a';
    at[len++] = '/';
    memset(at + len, 'p', path_len);
    return (struct bytes){at, len + path_len};
}

static void lengths_are_bounded(void **state)
{
    char at[PUSH_URL_MAX + 64];
    size_t around = sizeof("https://aaaaaaaaaa/") - 1;

    assert_taken(*state, url_of(at, PUSH_HOST_MAX, 62, 0), ALWAYS);
    assert_taken(*state, url_of(at, PUSH_HOST_MAX + 1, 62, 0), NEVER);
    assert_taken(*state, url_of(at, 63, 63, 0), ALWAYS);
    assert_taken(*state, url_of(at, 64, 64, 0), NEVER);
    assert_taken(*state, url_of(at, 10, 63, PUSH_URL_MAX - around), ALWAYS);
    assert_taken(*state, url_of(at, 10, 63, PUSH_URL_MAX - around + 1), NEVER);
}

static void what_is_read_is_told(void **state)
{
    const struct fixture *fixture = *state;
    struct network_address loopback = address_of("127.0.0.1");
    struct push_url url;

    assert_int_equal(
        push_url_read(BYTES("https://example.com:8443/a:1?b"), &fixture->closed, &url, NULL), OK);
    assert_true(url.is_https && !url.is_literal && url.port == 8443);
    assert_true(bytes_is(url.host, "example.com"));
    assert_int_equal(push_url_read(BYTES("http://127.0.0.1?b"), &fixture->open, &url, NULL), OK);
    assert_true(!url.is_https && url.is_literal && url.port == 80);
    assert_memory_equal(&url.address, &loopback, sizeof(loopback));
    assert_int_equal(push_url_read(BYTES("https://[2600::1]"), &fixture->closed, &url, NULL), OK);
    assert_true(bytes_is(url.host, "2600::1") && url.is_literal && url.port == 443);
}

static void a_refusal_does_not_tell_the_url(void **state)
{
    const struct fixture *fixture = *state;
    struct error error;
    struct push_url url;

    assert_int_not_equal(push_url_read(BYTES("https://hunter2:hunter2@example.com/"),
                                       &fixture->closed, &url, &error),
                         OK);
    assert_null(strstr(error.detail, "hunter2"));
}

/* ---- connections ---- */

static void denied_ranges_end_where_they_end(void **state)
{
    static const struct {
        const char *first, *last, *before, *behind; /* NULL: another denied range is there */
    } ranges[] = {
        {"0.0.0.0", "0.255.255.255", NULL, "1.0.0.0"},
        {"10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"},
        {"100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"},
        {"127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"},
        {"169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"},
        {"172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"},
        {"192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"},
        {"192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"},
        {"192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"},
        {"192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"},
        {"198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"},
        {"198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"},
        {"203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"},
        {"224.0.0.0", "239.255.255.255", "223.255.255.255", NULL},
        {"240.0.0.0", "255.255.255.255", NULL, NULL},
        {"::", "::fffe:ffff:ffff", NULL, NULL},
        {"64:ff9b::", "64:ff9b::ff:ffff", NULL, "64:ff9b::100:0"},
        {"64:ff9b::7f00:0", "64:ff9b::7fff:ffff", "64:ff9b::7eff:ffff", "64:ff9b::8000:0"},
        {"64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", NULL, NULL},
        {"100::", "100::ffff:ffff:ffff:ffff", NULL, NULL},
        {"1fff:ffff::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, "2000::"},
        {"2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2000:ffff::", "2001:200::"},
        {"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7::", "2001:db9::"},
        {"2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:ffff::", "2003::"},
        {"3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe:ffff::", "3fff:1000::"},
        {"4000::", "5f00::1", "3fff:ffff::", NULL},
        {"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, NULL},
        {"fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, NULL},
        {"fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, NULL},
        {"ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, NULL},
    };
    const struct fixture *fixture = *state;

    for (unsigned i = 0; i < ARRAY_LEN(ranges); i++) {
        const char *const texts[] = {ranges[i].first, ranges[i].last, ranges[i].before,
                                     ranges[i].behind};

        for (unsigned k = 0; k < ARRAY_LEN(texts); k++) {
            struct network_address address;

            if (texts[k] == NULL)
                continue;
            address = address_of(texts[k]);
            if ((push_address_refusal(&fixture->closed, true, &address, 443) != NULL) != (k < 2))
                fail_msg("%s", texts[k]);
        }
    }
}

static void what_is_allowed_is_so_at_any_port_and_by_http(void **state)
{
    const struct fixture *fixture = *state;
    struct network_address loopback = address_of("127.0.0.1"), other = address_of("127.0.0.2");
    struct network_address out = address_of("93.184.216.34");
    struct network_address through = address_of("64:ff9b::127.0.0.1");

    assert_null(push_address_refusal(&fixture->open, false, &loopback, 80));
    assert_null(push_address_refusal(&fixture->open, true, &loopback, 22));
    assert_null(push_address_refusal(&fixture->open, false, &other, OWN_PORT));
    assert_non_null(push_address_refusal(&fixture->open, false, &loopback, OWN_PORT));
    assert_non_null(push_address_refusal(&fixture->open, true, &through, 443));
    assert_null(push_address_refusal(&fixture->open, true, &out, 443));
    assert_null(push_address_refusal(&fixture->open, true, &out, 1024));
    assert_non_null(push_address_refusal(&fixture->open, true, &out, 1023));
    assert_non_null(push_address_refusal(&fixture->open, true, &out, 80));
    assert_non_null(push_address_refusal(&fixture->open, false, &out, 443));
    assert_non_null(push_address_refusal(&fixture->open, false, &out, 8080));
}

static void no_range_allows_sluice_itself(void **state)
{
    static const char *const TEXTS[] = {"127.0.0.1", "0.0.0.0", "::", "2600::7", "64:ff9b::7f00:1"};
    struct push_policy policy = ((struct fixture *)*state)->closed;

    assert_int_equal(networks_read("0.0.0.0/0,::/0", &policy.allowed, NULL), OK);
    for (unsigned i = 0; i < ARRAY_LEN(TEXTS); i++) {
        struct network_address address = address_of(TEXTS[i]);

        assert_non_null(push_address_refusal(&policy, true, &address, OWN_PORT));
        assert_int_equal(push_address_refusal(&policy, true, &address, OWN_PORT + 1) == NULL,
                         i != 1 && i != 2);
    }
    networks_free(&policy.allowed);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(what_is_read_is_told),
        cmocka_unit_test(a_refusal_does_not_tell_the_url),
        cmocka_unit_test(denied_ranges_end_where_they_end),
        cmocka_unit_test(what_is_allowed_is_so_at_any_port_and_by_http),
        cmocka_unit_test(no_range_allows_sluice_itself),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
