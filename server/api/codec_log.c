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
    {.name = "logger", .read = field_label, AT(logger), .most = BOUND_TYPE_MAX, .nullable = true},
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

static enum err read_line(struct codec *codec, struct bytes text, bool is_ndjson,
                          struct log_line *ret_line)
{
    *ret_line = (struct log_line){.at_ms = -1};
    if (is_ndjson)
        return codec_body(codec, text, &LINE_SHAPE, ret_line, NULL);
    if (text.len > MESSAGE_BYTES_MAX)
        return error_set(codec->error, ERR_TOO_LARGE, "",
                         "a line has %zu bytes, at most %d are taken", text.len, MESSAGE_BYTES_MAX);
    ret_line->message = text;
    return OK;
}

enum err log_lines_read(struct codec *codec, struct bytes text, bool is_ndjson,
                        struct lease_logs *logs)
{
    size_t most = count_lines(text);
    struct bytes line;

    if ((int64_t)most > codec->bounds->of[BOUND_LOG_LINES_MAX])
        return codec_refuse_bound(codec, NULL, BOUND_LOG_LINES_MAX, most);
    logs->lines = arena_alloc(codec->arena, most * sizeof(*logs->lines));
    while (bytes_split(&text, '\n', &line)) {
        if (line.len > 0 && line.at[line.len - 1] == '\r')
            line.len--;
        if (bytes_trim(line).len == 0)
            continue;

        enum err code = read_line(codec, line, is_ndjson, &logs->lines[logs->lines_len]);

        if (code != OK)
            return code;
        logs->lines_len++;
    }
    return OK;
}
