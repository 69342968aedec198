/* Letter: nothing that users send can add a header or end one. */
#include "letter.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { HEADER_MAX = 2048 };

static void add_line(struct letter *letter, const char *line)
{
    struct curl_slist *longer = curl_slist_append(letter->headers, line);

    if (longer == NULL)
        (void)mem_alloc(SIZE_MAX / 2); /* there is no memory: ends the process as everywhere */
    letter->headers = longer;
}

void letter_header(struct letter *letter, const char *name, struct bytes value)
{
    char line[HEADER_MAX];
    size_t name_len = strlen(name), len;

    if (value.len == 0 || name_len + 2 + value.len >= sizeof(line))
        return;
    memcpy(line, name, name_len);
    memcpy(line + name_len, ": ", 2);
    len = name_len + 2;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];

        line[len++] = c < 0x20 || c == 0x7f ? '?' : value.at[i];
    }
    line[len] = '\0';
    add_line(letter, line);
}

void letter_seal(struct letter *letter, const struct seal *seal, struct arena *arena)
{
    char at[24];

    (void)snprintf(at, sizeof(at), "%lld", (long long)seal->at_s);
    letter_header(letter, "webhook-id", seal->id);
    letter_header(letter, "webhook-timestamp", bytes_of(at));
    if (seal->keys_len > 0)
        letter_header(
            letter, "webhook-signature",
            signature_write(seal->keys, seal->keys_len, seal->id, seal->at_s, letter->body, arena));
    /* Without these libcurl waits for a "100 Continue", and names a type of its own. */
    add_line(letter, "Expect:");
    if (letter->body.len == 0)
        add_line(letter, "Content-Type:");
}

void letter_fini(struct letter *letter)
{
    curl_slist_free_all(letter->headers);
    letter->headers = NULL;
}
