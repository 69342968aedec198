/* Log: builds a line on the stack and writes it at once; what does not fit is left out field by
 * field. */
#include "base/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/time_text.h"
#include "utf8_step.h"

enum {
    LINE_MAX_LEN = 8192,
    TAIL_LEN = 2, /* "}\n" */
    VALUE_MAX = 256,
    NUMBER_LEN_MAX = 24,
};

struct config {
    enum log_level least;
    enum log_format format;
};

/* The one state of the program that is nobody's argument; set once, before threads start. */
/* NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables) */
static struct config config = {.least = LOG_INFO, .format = LOG_AUTO};

struct line {
    size_t len;
    bool is_full;
    char at[LINE_MAX_LEN];
};

static bool writes_json(void)
{
    return config.format == LOG_JSON || (config.format == LOG_AUTO && isatty(STDERR_FILENO) == 0);
}

void log_configure(enum log_level least, enum log_format format)
{
    config.least = least;
    config.format = format;
    config.format = writes_json() ? LOG_JSON : LOG_TEXT;
}

bool log_is_on(enum log_level level)
{
    return level >= config.least;
}

static void put(struct line *line, struct bytes bytes)
{
    if (line->is_full || bytes.len > sizeof(line->at) - TAIL_LEN - line->len) {
        line->is_full = true;
        return;
    }
    memcpy(line->at + line->len, bytes.at, bytes.len);
    line->len += bytes.len;
}

static void put_text(struct line *line, const char *text)
{
    put(line, bytes_of(text));
}

static void put_code(struct line *line, unsigned code_point)
{
    static const char DIGITS[] = "0123456789abcdef";
    char code[] = {'\\',
                   'u',
                   DIGITS[code_point >> 12 & 15],
                   DIGITS[code_point >> 8 & 15],
                   DIGITS[code_point >> 4 & 15],
                   DIGITS[code_point & 15]};

    put(line, (struct bytes){code, sizeof(code)});
}

/* What could end a line, move the cursor, or turn the order of what is read. */
static bool is_unsafe(unsigned code_point)
{
    if (code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f))
        return true;
    if (code_point == 0x61c || code_point == 0x200e || code_point == 0x200f)
        return true;
    return (code_point >= 0x2028 && code_point <= 0x202e) ||
           (code_point >= 0x2066 && code_point <= 0x2069);
}

/* One sequence, escaped as it must be; returns its length. */
static size_t put_sequence(struct line *line, const unsigned char *at, const unsigned char *end)
{
    size_t len = utf8_step(at, end);

    if (len == 0) {
        put_text(line, "\\ufffd");
        return 1;
    }

    unsigned code_point = utf8_code_point(at, len);

    if (is_unsafe(code_point))
        put_code(line, code_point);
    else if (code_point == '"' || code_point == '\\')
        put(line, (struct bytes){(const char[]){'\\', (char)code_point}, 2});
    else
        put(line, (struct bytes){(const char *)at, len});
    return len;
}

static void put_escaped(struct line *line, struct bytes text)
{
    if (text.len == 0)
        return;

    const unsigned char *at = (const unsigned char *)text.at;
    const unsigned char *end = at + text.len;
    const unsigned char *cut = text.len > VALUE_MAX ? at + VALUE_MAX : end;

    while (at < cut) {
        size_t len = utf8_step(at, end);

        /* A sequence across the cut would come out as something else. */
        if (at + len > cut)
            break;
        at += put_sequence(line, at, end);
    }
    if (at < end)
        put_text(line, "\xe2\x80\xa6");
}

static void put_quoted(struct line *line, struct bytes text)
{
    put_text(line, "\"");
    put_escaped(line, text);
    put_text(line, "\"");
}

static void put_number(struct line *line, int64_t number)
{
    char digits[NUMBER_LEN_MAX];
    char *end = digits + sizeof(digits);
    char *at = end;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0)
        *--at = '-';
    put(line, (struct bytes){at, (size_t)(end - at)});
}

static void put_json_member(struct line *line, const char *key, struct bytes text)
{
    put_text(line, line->len > 0 ? "," : "{");
    put_quoted(line, bytes_of(key));
    put_text(line, ":");
    put_quoted(line, text);
}

static void put_json_field(struct line *line, const struct log_field *field)
{
    if (field->kind == LOG_FIELD_TEXT) {
        put_json_member(line, field->key, field->text);
        return;
    }
    put_text(line, ",");
    put_quoted(line, bytes_of(field->key));
    put_text(line, ":");
    put_number(line, field->number);
}

static bool is_plain_word(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=')
            return false;
    }
    return text.len > 0;
}

static void put_plain_field(struct line *line, const struct log_field *field)
{
    put_text(line, " ");
    put_escaped(line, bytes_of(field->key));
    put_text(line, "=");
    if (field->kind == LOG_FIELD_INT)
        put_number(line, field->number);
    else if (is_plain_word(field->text))
        put_escaped(line, field->text);
    else
        put_quoted(line, field->text);
}

static void put_fields(struct line *line, const struct log_field *fields,
                       void (*put_field)(struct line *line, const struct log_field *field))
{
    for (; fields != NULL && fields->key != NULL; fields++) {
        size_t len = line->len;

        put_field(line, fields);
        if (line->is_full) {
            line->len = len;
            line->is_full = false;
        }
    }
}

static const char *level_name(enum log_level level, bool is_json)
{
    static const char *const NAMES[][2] = {
        [LOG_DEBUG] = {"DEBUG", "debug"},
        [LOG_INFO] = {"INFO ", "info"},
        [LOG_WARN] = {"WARN ", "warn"},
        [LOG_ERROR] = {"ERROR", "error"},
    };

    return NAMES[level][is_json];
}

/* One write(2), so that lines of several threads do not mix; a reader that is gone or full loses
 * the line. */
static void write_line(const struct line *line)
{
    ssize_t written;

    do {
        written = write(STDERR_FILENO, line->at, line->len);
    } while (written < 0 && errno == EINTR);
}

void log_write(enum log_level level, const char *event, const char *message,
               const struct log_field *fields)
{
    struct line line;
    struct clock clock = clock_system();
    char time[TIME_TEXT_LEN + 1];
    bool is_json = writes_json();

    line.len = 0;
    line.is_full = false;
    time_write(clock.now(clock.ctx).wall_ms, time);
    if (is_json) {
        put_json_member(&line, "ts", bytes_of(time));
        put_json_member(&line, "level", bytes_of(level_name(level, true)));
        put_json_member(&line, "event", bytes_of(event));
        put_json_member(&line, "msg", bytes_of(message));
        put_fields(&line, fields, put_json_field);
        line.at[line.len++] = '}';
    } else {
        put(&line, (struct bytes){time + 11, 12});
        put_text(&line, " ");
        put_text(&line, level_name(level, false));
        put_text(&line, " ");
        put_escaped(&line, bytes_of(event));
        put_text(&line, " ");
        put_escaped(&line, bytes_of(message));
        put_fields(&line, fields, put_plain_field);
    }
    line.at[line.len++] = '\n';
    write_line(&line);
}
