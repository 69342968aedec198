/* Rate codec: units, period_s and burst. */
#include "codec_rate.h"

enum { RATE_UNITS_MAX = 1000000000, RATE_PERIOD_S_MAX = 86400 };
enum { SAID_BURST = 1 << 0 };

static enum err field_positive(struct codec *codec, const struct spot *spot, json_t *value,
                               const struct field *field, void *target)
{
    double number = json_number_value(value);

    if (!json_is_number(value) || !(number > 0 && number <= (double)field->max))
        return codec_refuse(codec, spot, ERR_INVALID_FIELD,
                            "must be a number above 0, at most %lld", (long long)field->max);
    *(double *)(void *)((char *)target + field->at) = number;
    return OK;
}

/* Whatever is counted takes one unit at least: with less in store nothing would ever go. */
static enum err field_burst(struct codec *codec, const struct spot *spot, json_t *value,
                            const struct field *field, void *target)
{
    if (json_is_number(value) && json_number_value(value) < 1)
        return codec_refuse(codec, spot, ERR_INVALID_FIELD, "must be a number from 1 to %lld",
                            (long long)field->max);
    return field_positive(codec, spot, value, field, target);
}

#define AT(member) .at = offsetof(struct rate_limit, member)
static const struct field FIELDS[] = {
    {.name = "units", .read = field_positive, AT(units), .max = RATE_UNITS_MAX, .required = true},
    {.name = "period_s", .read = field_positive, AT(period_s), .max = RATE_PERIOD_S_MAX},
    {.name = "burst", .read = field_burst, AT(burst), .max = RATE_UNITS_MAX, .bit = SAID_BURST},
};
#undef AT

const struct shape RATE_SHAPE = SHAPE(FIELDS, NULL);

enum err field_rate(struct codec *codec, const struct spot *spot, json_t *value,
                    const struct field *field, void *target)
{
    struct rate_limit rate = {.period_s = 1};
    unsigned said = 0;
    enum err code = codec_object(codec, spot, value, &RATE_SHAPE, &rate, &said);

    if (code != OK)
        return code;
    if ((said & SAID_BURST) == 0)
        rate.burst = rate.units < 1 ? 1 : rate.units;
    *(struct rate_limit *)(void *)((char *)target + field->at) = rate;
    return OK;
}

static void write_number(struct json_out *out, const char *name, double number)
{
    json_out_key(out, name);
    json_out_double(out, number);
}

void wire_rate(struct json_out *out, const struct rate_limit *rate)
{
    if (rate->units <= 0) {
        json_out_null(out);
        return;
    }
    json_out_object(out);
    write_number(out, "units", rate->units);
    write_number(out, "period_s", rate->period_s);
    write_number(out, "burst", rate->burst);
    json_out_object_end(out);
}
