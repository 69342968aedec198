/* Chain: the lines that a row's hash is made over. */
#include "domain/chain.h"

#include "base/buffer.h"
#include "base/compiler.h"

/* A row is bounded by what may come in with one request. */
enum { LINES_BYTES_MAX = 16 << 20 };

struct digest chain_start(void)
{
    return (struct digest){.at = {0}};
}

struct digest chain_next(struct digest before, const struct chain_link *link)
{
    const struct bytes texts[] = {link->at,         link->ns,     link->actor,  link->address,
                                  link->request_id, link->action, link->object, link->detail};
    char hex[DIGEST_LEN * 2 + 1];
    struct buffer lines;
    struct digest digest;

    digest_hex(before, hex);
    buffer_init(&lines, LINES_BYTES_MAX);
    buffer_append_text(&lines, hex);
    buffer_append_char(&lines, '\n');
    buffer_append_int(&lines, link->number);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        buffer_append_char(&lines, '\n');
        buffer_append(&lines, texts[i]);
    }
    digest = digest_plain(buffer_bytes(&lines));
    buffer_fini(&lines);
    return digest;
}
