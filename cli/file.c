/* File: the content of a file or of stdin, for commands that send it. */
#include "file.h"

#include "base/buffer.h"
#include "message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FILE_BYTES_MAX = 64 * 1024 * 1024, PIECE_BYTES = 64 * 1024 };

static void read_all(FILE *stream, struct buffer *buffer)
{
    char *room;
    size_t len;

    do {
        room = buffer_room(buffer, PIECE_BYTES);
        if (room == NULL)
            return;
        len = fread(room, 1, PIECE_BYTES, stream);
        buffer_added(buffer, len);
    } while (len > 0);
}

bool file_read(const char *name, struct arena *arena, struct bytes *ret_content)
{
    bool is_stdin = strcmp(name, "-") == 0;
    FILE *stream = is_stdin ? stdin : fopen(name, "re");
    struct buffer buffer;
    bool is_ok;

    if (stream == NULL) {
        message_error("cannot open %s: %s", name, strerror(errno));
        return false;
    }
    buffer_init(&buffer, FILE_BYTES_MAX);
    errno = 0;
    read_all(stream, &buffer);
    is_ok = !ferror(stream) && !buffer.overflowed;
    if (ferror(stream))
        message_error("cannot read %s: %s", name, strerror(errno));
    else if (buffer.overflowed)
        message_error("%s is larger than %d bytes", name, FILE_BYTES_MAX);
    if (is_ok)
        *ret_content = arena_bytes(arena, buffer.len > 0 ? buffer_bytes(&buffer) : BYTES(""));
    buffer_fini(&buffer);
    if (!is_stdin)
        (void)fclose(stream); /* it was only read */
    return is_ok;
}
