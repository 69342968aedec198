/* Chain: the hashes are those that anybody can make with sha256sum. */
#include "domain/chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct chain_link FIRST = {
    .number = 1,
    .at = {"2026-01-02T03:04:05.678Z", 24},
    .actor = {"broker", 6},
    .action = {"broker.started", 14},
    .detail = {"{\"version\":\"1\"}", 15},
};
static const struct chain_link SECOND = {
    .number = 2,
    .at = {"2026-01-02T03:04:06.000Z", 24},
    .ns = {"default", 7},
    .actor = {"k1", 2},
    .address = {"192.0.2.1", 9},
    .request_id = {"r1", 2},
    .action = {"queue.paused", 12},
    .object = {"q", 1},
    .detail = {"{}", 2},
};

static void assert_hex(struct digest digest, const char *hex)
{
    char text[DIGEST_LEN * 2 + 1];

    digest_hex(digest, text);
    assert_string_equal(text, hex);
}

static void hashes_are_as_documented(void **state)
{
    struct digest first = chain_next(chain_start(), &FIRST);

    (void)state;
    assert_hex(first, "6f4033ebe19a8b3c639febf72aef35808d1922124c5565ce3a492f0e0ba4dab0");
    assert_hex(chain_next(first, &SECOND),
               "749c3868219d122ab423d4b34921412aaee529228961fd2491e03fcf608d4564");
}

static void each_part_counts(void **state)
{
    struct digest whole = chain_next(chain_start(), &SECOND);
    struct chain_link links[] = {SECOND, SECOND, SECOND, SECOND, SECOND,
                                 SECOND, SECOND, SECOND, SECOND};

    (void)state;
    links[0].number = 3;
    links[1].at = BYTES("2026-01-02T03:04:06.001Z");
    links[2].ns = BYTES_NONE;
    links[3].actor = BYTES("k2");
    links[4].address = BYTES_NONE;
    links[5].request_id = BYTES("r2");
    links[6].action = BYTES("queue.resumed");
    links[7].object = BYTES("p");
    links[8].detail = BYTES("{\"a\":1}");
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        struct digest other = chain_next(chain_start(), &links[i]);

        assert_memory_not_equal(&other, &whole, sizeof(whole));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_as_documented),
        cmocka_unit_test(each_part_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
