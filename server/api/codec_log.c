/* Log codec: what an attempt wrote, as plain lines or as NDJSON. */
#include "codec_lease.h"

enum { LEVEL_BYTES_MAX = 32, MESSAGE_BYTES_MAX = 64 << 10 };

#define AT(member) .at = offsetof(struct log_line, member)
static const struct field FIELDS[] = {
    {.name = "level",
     .read = field_text,
     AT(level),
     .min = 1,
     .max = LEVEL_BYTES_MAX,
     .nullable = true},
    {.name = "logger", .read = field_label, AT(logger), .nullable = true},
    {.name = "message",
     .read = field_text,
     AT(message),
     .max = MESSAGE_BYTES_MAX,
     .required = true},
    {.name = "at", .read = field_time, AT(at_ms), .nullable = true},
};
static const struct shape LINE_SHAPE = SHAPE(FIELDS, NULL);

static size_t count_lines(struct bytes text)
{
    struct bytes line;
    size_t count = 0;

    while (bytes_split(&text, '\n', &line))
        count++;
    return count;
}

static enum err read_line(struct bytes text, bool is_ndjson, struct arena *arena,
                          struct log_line *ret_line, struct error *error)
{
    *ret_line = (struct log_line){.at_ms = -1};
    if (is_ndjson)
        return codec_body(text, &LINE_SHAPE, arena, ret_line, NULL, error);
    if (text.len > MESSAGE_BYTES_MAX)
        return error_set(error, ERR_TOO_LARGE, "", "a line has %zu bytes, at most %d are taken",
                         text.len, MESSAGE_BYTES_MAX);
    ret_line->message = text;
    return OK;
}

enum err log_lines_read(struct bytes text, bool is_ndjson, struct arena *arena,
                        struct lease_logs *logs, struct error *error)
{
    size_t most = count_lines(text);
    struct bytes line;

    if (most > LOG_LINES_MAX)
        return error_set(error, ERR_TOO_LARGE, "", "the body has %zu lines, at most %d are taken",
                         most, LOG_LINES_MAX);
    logs->lines = arena_alloc(arena, most * sizeof(*logs->lines));
    while (bytes_split(&text, '\n', &line)) {
        if (line.len > 0 && line.at[line.len - 1] == '\r')
            line.len--;
        if (bytes_trim(line).len == 0)
            continue;

        enum err code = read_line(line, is_ndjson, arena, &logs->lines[logs->lines_len], error);

        if (code != OK)
            return code;
        logs->lines_len++;
    }
    return OK;
}
