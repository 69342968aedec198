/* Cron: reads the text of an expression into bits, and says what is wrong with it. */
#include <stdio.h>
#include <string.h>

#include "domain/cron.h"

enum { FIELDS = 5, WORD_MAX = 24, SUNDAY_AGAIN = 7 };

/* A name is this long, and its number is its place here plus the field's least. */
struct field {
    const char *title;
    const char *range; /* for people */
    int min;
    int max;
    int step_max;
    const char *names;
};

enum { NAME_LEN = 3 };

static const struct field *field_of(unsigned index)
{
    static const struct field ALL[FIELDS] = {
        {"minute", "0 to 59", 0, 59, 59, ""},
        {"hour", "0 to 23", 0, 23, 23, ""},
        {"day of month", "1 to 31", 1, 31, 31, ""},
        {"month", "1 to 12 or JAN to DEC", 1, 12, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
        {"day of week", "0 to 7 or SUN to SAT; 0 and 7 are Sunday", 0, SUNDAY_AGAIN, 7,
         "SUNMONTUEWEDTHUFRISAT"},
    };

    return &ALL[index];
}

/* Where an expression is being read, and where its error goes. */
struct reading {
    const struct field *field;
    struct bytes part; /* of the list */
    const char *where;
    struct error *error;
};

/* What is shown of the text: its beginning, without what a terminal would obey. */
static const char *shown(struct bytes text, char ret_word[WORD_MAX + 1])
{
    size_t len = text.len < WORD_MAX ? text.len : WORD_MAX;

    for (size_t i = 0; i < len; i++)
        ret_word[i] = text.at[i] > ' ' && text.at[i] < 0x7f ? text.at[i] : '?';
    ret_word[len] = 0;
    return ret_word;
}

static enum err refuse(const struct reading *reading, const char *why)
{
    char word[WORD_MAX + 1];

    return error_set(reading->error, ERR_INVALID_FIELD, reading->where, "%s \"%s\" %s (%s)",
                     reading->field->title, shown(reading->part, word), why, reading->field->range);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool equal_but_for_case(struct bytes text, const char *word, size_t len)
{
    if (text.len != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (upper(text.at[i]) != upper(word[i]))
            return false;
    return true;
}

/* One or two digits. */
static bool read_digits(struct bytes text, int *ret_number)
{
    if (text.len == 0 || text.len > 2 || !is_digit(text.at[0]) || !is_digit(text.at[text.len - 1]))
        return false;
    *ret_number = text.at[0] - '0';
    if (text.len == 2)
        *ret_number = *ret_number * 10 + text.at[1] - '0';
    return true;
}

static bool read_value(const struct field *field, struct bytes text, int *ret_number)
{
    for (size_t i = 0; i < strlen(field->names); i += NAME_LEN) {
        if (!equal_but_for_case(text, field->names + i, NAME_LEN))
            continue;
        *ret_number = field->min + (int)(i / NAME_LEN);
        return true;
    }
    return read_digits(text, ret_number) && *ret_number >= field->min && *ret_number <= field->max;
}

/* Cut what stands before the first separator off; *ret_rest has no place when there is none. */
static struct bytes cut(struct bytes text, char separator, struct bytes *ret_rest)
{
    const char *at = memchr(text.at, separator, text.len);

    *ret_rest = BYTES_NONE;
    if (at == NULL)
        return text;

    size_t len = (size_t)(at - text.at);

    *ret_rest = (struct bytes){at + 1, text.len - len - 1};
    return (struct bytes){text.at, len};
}

/* "FRI-SUN" means what "5-7" does. */
static int last_of(const struct field *field, int first, struct bytes text, int last)
{
    bool is_sunday = field->max == SUNDAY_AGAIN && last == 0 && !is_digit(text.at[0]);

    return is_sunday && first > 0 ? SUNDAY_AGAIN : last;
}

static enum err read_range(const struct reading *reading, struct bytes range, bool has_step,
                           int *ret_first, int *ret_last)
{
    const struct field *field = reading->field;
    struct bytes end;
    struct bytes begin = cut(range, '-', &end);

    *ret_first = field->min;
    *ret_last = field->max;
    if (bytes_is(range, "*"))
        return OK;
    if (!read_value(field, begin, ret_first))
        return refuse(reading, "is not a value, a range or *");
    *ret_last = *ret_first;
    if (end.at == NULL && has_step)
        return refuse(reading, "has a step, which only a range or * may have");
    if (end.at == NULL)
        return OK;
    if (!read_value(field, end, ret_last))
        return refuse(reading, "is not a range");
    *ret_last = last_of(field, *ret_first, end, *ret_last);
    if (*ret_last < *ret_first)
        return refuse(reading, "runs backwards");
    return OK;
}

static enum err read_step(const struct reading *reading, struct bytes text, int *ret_step)
{
    *ret_step = 1;
    if (text.at == NULL)
        return OK;
    if (!read_digits(text, ret_step) || *ret_step < 1 || *ret_step > reading->field->step_max)
        return error_set(reading->error, ERR_INVALID_FIELD, reading->where,
                         "%s: a step is a number from 1 to %d", reading->field->title,
                         reading->field->step_max);
    return OK;
}

static enum err read_part(const struct reading *reading, uint64_t *bits)
{
    struct bytes step_text;
    struct bytes range = cut(reading->part, '/', &step_text);
    int first = 0;
    int last = 0;
    int step = 1;
    enum err code = OK;

    if (reading->part.len == 0)
        return refuse(reading, "is an empty part of a list");
    code = read_range(reading, range, step_text.at != NULL, &first, &last);
    if (code == OK)
        code = read_step(reading, step_text, &step);
    for (int value = first; code == OK && value <= last; value += step)
        *bits |= UINT64_C(1) << value;
    return code;
}

static enum err read_field(struct reading *reading, struct bytes text, uint64_t *ret_bits)
{
    enum err code = OK;
    struct bytes rest = text;

    *ret_bits = 0;
    while (code == OK && rest.at != NULL) {
        reading->part = cut(rest, ',', &rest);
        code = read_part(reading, ret_bits);
    }
    return code;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next word and the blanks before it; an empty one at the end. */
static struct bytes take_word(struct bytes *rest)
{
    size_t begin = 0;

    while (begin < rest->len && is_blank(rest->at[begin]))
        begin++;

    size_t end = begin;

    while (end < rest->len && !is_blank(rest->at[end]))
        end++;

    struct bytes word = {rest->at + begin, end - begin};

    *rest = (struct bytes){rest->at + end, rest->len - end};
    return word;
}

/* What a word that begins with @ stands for; NULL when it is not known. */
static const char *meaning_of(struct bytes word)
{
    static const struct {
        const char *word;
        const char *meaning;
    } ALL[] = {
        {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
        {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
        {"@annually", "0 0 1 1 *"},
    };

    for (size_t i = 0; i < ARRAY_LEN(ALL); i++)
        if (equal_but_for_case(word, ALL[i].word, strlen(ALL[i].word)))
            return ALL[i].meaning;
    return NULL;
}

static enum err split(struct bytes text, struct bytes ret_words[FIELDS], const char *where,
                      struct error *error)
{
    unsigned len = 0;

    for (struct bytes word = take_word(&text); word.len > 0; word = take_word(&text)) {
        if (len < FIELDS)
            ret_words[len] = word;
        len++;
    }
    if (len != FIELDS)
        return error_set(error, ERR_INVALID_FIELD, where,
                         "has %u fields and must have five: minute, hour, day of month, month, "
                         "day of week",
                         len);
    return OK;
}

/* The leap day counts: it does come. */
static bool ever_fires(const struct cron *cron)
{
    static const uint32_t DAYS_OF_29 = 0x3ffffffe;
    static const uint32_t SHORT_MONTHS = 1U << 4 | 1U << 6 | 1U << 9 | 1U << 11;
    static const uint32_t FEBRUARY = 1U << 2;
    uint32_t months = cron->months;

    if (cron->either_day)
        return true;
    if ((cron->days & DAYS_OF_29) != 0)
        return true;
    months &= ~FEBRUARY;
    return (cron->days & 1U << 30) != 0 ? months != 0 : (months & ~SHORT_MONTHS) != 0;
}

static enum err read_words(const struct bytes words[FIELDS], const char *where,
                           struct cron *ret_cron, struct error *error)
{
    uint64_t bits[FIELDS] = {0};
    bool is_starred[FIELDS];

    for (unsigned i = 0; i < FIELDS; i++) {
        struct reading reading = {.field = field_of(i), .where = where, .error = error};
        enum err code = read_field(&reading, words[i], &bits[i]);

        if (code != OK)
            return code;
        is_starred[i] = words[i].at[0] == '*';
    }

    struct cron cron = {
        .minutes = bits[0],
        .hours = (uint32_t)bits[1],
        .days = (uint32_t)bits[2],
        .months = (uint32_t)bits[3],
        .weekdays = (uint32_t)((bits[4] | bits[4] >> 7) & 0x7f),
        .either_day = !is_starred[2] && !is_starred[4],
        .is_fixed = !is_starred[0] && !is_starred[1],
    };

    if (!ever_fires(&cron))
        return error_set(error, ERR_INVALID_FIELD, where,
                         "never fires: no month it names has such a day");
    *ret_cron = cron;
    return OK;
}

enum err cron_parse(struct bytes text, const char *where, struct cron *ret_cron,
                    struct error *error)
{
    struct bytes words[FIELDS];

    if (text.len == 0)
        text = BYTES("");

    struct bytes rest = text;

    if (text.len > CRON_TEXT_MAX)
        return error_set(error, ERR_INVALID_FIELD, where, "is longer than %d characters",
                         CRON_TEXT_MAX);

    struct bytes word = take_word(&rest);

    if (word.len > 0 && word.at[0] == '@') {
        const char *meaning = meaning_of(word);

        if (meaning == NULL || take_word(&rest).len > 0)
            return error_set(error, ERR_INVALID_FIELD, where,
                             "is none of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, "
                             "@annually, nor five fields");
        text = bytes_of(meaning);
    }

    enum err code = split(text, words, where, error);

    return code == OK ? read_words(words, where, ret_cron, error) : code;
}
