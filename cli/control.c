/* Control: the lines a program may write to descriptor 3 to say more than its output and exit
 * status can. */
#include "control.h"

#include "base/parse.h"

enum { PERCENT_OF_ONE = 100 };

static const int64_t retry_after_ms_max = INT64_C(10) * 365 * 24 * 3600 * 1000;

static struct control_line parse_progress(struct bytes rest, struct bytes line)
{
    struct bytes fraction;
    double share;

    if (!bytes_split(&rest, ' ', &fraction) || !parse_double(fraction, &share) || share < 0 ||
        share > 1)
        return (struct control_line){.kind = CONTROL_UNKNOWN, .text = line};
    return (struct control_line){
        .kind = CONTROL_PROGRESS, .percent = share * PERCENT_OF_ONE, .text = bytes_trim(rest)};
}

static struct control_line parse_retry_after(struct bytes rest, struct bytes line)
{
    int64_t ms;

    if (!parse_duration(bytes_trim(rest), retry_after_ms_max, &ms))
        return (struct control_line){.kind = CONTROL_UNKNOWN, .text = line};
    return (struct control_line){.kind = CONTROL_RETRY_AFTER, .retry_after_ms = ms};
}

struct control_line control_parse(struct bytes line)
{
    struct bytes rest = line;
    struct bytes word = BYTES_NONE;

    if (!bytes_split(&rest, ' ', &word))
        return (struct control_line){.kind = CONTROL_UNKNOWN, .text = line};
    if (bytes_is(word, "progress"))
        return parse_progress(rest, line);
    if (bytes_is(word, "log"))
        return (struct control_line){.kind = CONTROL_LOG, .text = rest};
    if (bytes_is(word, "result"))
        return (struct control_line){.kind = CONTROL_RESULT, .text = rest};
    if (bytes_is(word, "retry-after"))
        return parse_retry_after(rest, line);
    return (struct control_line){.kind = CONTROL_UNKNOWN, .text = line};
}
