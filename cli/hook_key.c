/* Hook key: read from a file, so that no list of processes shows it. */
#include "hook_key.h"

#include "file.h"
#include "message.h"
#include "token_text.h"

bool hook_key_read(const struct options *options, struct signature_key *ret_key)
{
    const char *name = options_text(options, "secret-file");
    struct arena *arena;
    struct bytes content;
    struct error error = {.detail = ""};
    bool is_ok;

    if (name == NULL) {
        message_error("--secret-file is missing");
        return false;
    }
    arena = arena_new();
    is_ok = file_read(name, arena, &content);
    if (is_ok && signature_key_read(token_text_of(content), ret_key, &error) != OK) {
        message_error("%s: %s", name, error.detail);
        is_ok = false;
    }
    arena_free(arena);
    return is_ok;
}
