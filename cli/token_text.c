/* Token text: which word of a file is the token. */
#include "token_text.h"

#include "domain/token.h"
#include "message.h"

static struct bytes first_word(struct bytes line)
{
    size_t len = 0;

    while (len < line.len && line.at[len] != ' ' && line.at[len] != '\t')
        len++;
    return (struct bytes){line.at, len};
}

struct bytes token_text_of(struct bytes file)
{
    struct bytes line;

    while (bytes_split(&file, '\n', &line)) {
        if (line.len > 0 && line.at[line.len - 1] == '\r')
            line.len--;
        line = bytes_trim(line);
        if (line.len > 0 && line.at[0] != '#')
            return first_word(line);
    }
    return BYTES_NONE;
}

const char *token_text_complaint(struct bytes token)
{
    if (token.at == NULL)
        return "holds no token";
    if (bytes_starts(token, "sha256:"))
        return "holds only the hash of a token, which lets nobody in; the token itself is needed";
    if (!token_is_sane(token))
        return "does not begin with a token: 8 to 512 visible characters without blanks";
    return NULL;
}

bool role_is_ok(const char *name, const char *role)
{
    enum role read;

    if (role_read(bytes_of(role), &read))
        return true;
    message_error("%s is one of " ROLE_WORDS "; not %s", name, role);
    return false;
}
