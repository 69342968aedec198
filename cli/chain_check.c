/* Chain check: each row's hash is made again from its text and the hash before it. */
#include "chain_check.h"

#include "base/json_scan.h"
#include "domain/chain.h"
#include "json.h"

#include <string.h>

struct chain_check chain_check_new(void)
{
    return (struct chain_check){.hash = chain_start()};
}

static struct chain_link link_of(struct bytes row, struct arena *arena)
{
    return (struct chain_link){
        .number = json_int_of(row, "number", 0),
        .at = json_text_of(row, "at", arena),
        .ns = json_text_of(row, "namespace", arena),
        .actor = json_text_of(row, "actor", arena),
        .address = json_text_of(row, "address", arena),
        .request_id = json_text_of(row, "request_id", arena),
        .action = json_text_of(row, "action", arena),
        .object = json_text_of(row, "object", arena),
        .detail = json_find(row, "detail"),
    };
}

static bool are_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->at, b->at, sizeof(a->at)) == 0;
}

/* What the oldest row follows may be gone for its age; then it is where the check begins. */
static const char *check_link(const struct chain_check *check, const struct chain_link *link,
                              const struct digest *hash)
{
    bool is_oldest = check->rows == 0 && link->number > 1;
    struct digest wanted = chain_next(check->hash, link);

    if (check->rows > 0 && link->number != check->first + check->rows)
        return "the row before it is missing";
    if (!is_oldest && !are_equal(&wanted, hash))
        return "it does not follow from its text and the row before it: one of the two was changed";
    return NULL;
}

const char *chain_check_row(struct chain_check *check, struct bytes row, struct arena *arena)
{
    struct chain_link link;
    struct bytes text;
    struct digest hash;
    const char *complaint;

    if (!json_is_object(row))
        return "it is no object";
    link = link_of(row, arena);
    check->number = link.number;
    text = json_text_of(row, "hash", arena);
    check->sees_part = text.at == NULL;
    if (check->sees_part)
        return "this token sees a part of the record only; a token for every namespace and queue is "
               "needed";
    if (!digest_read(text, &hash))
        return "its hash is none";
    complaint = check_link(check, &link, &hash);
    if (complaint != NULL)
        return complaint;
    if (check->rows++ == 0)
        check->first = link.number;
    check->hash = hash;
    return NULL;
}
