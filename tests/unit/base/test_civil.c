/* Civil: dates, weekdays and division across 1970. */
#include "base/civil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void days_and_dates_count_alike_through_eight_centuries(void **state)
{
    struct civil_date date = {1570, 1, 1};
    int64_t begin = civil_days(date);
    int weekday = civil_weekday(begin);

    (void)state;
    assert_int_equal(begin, -146097);
    for (int64_t day = begin; day < 146097; day++) {
        struct civil_date got = civil_date(day);

        assert_int_equal(got.year, date.year);
        assert_int_equal(got.month, date.month);
        assert_int_equal(got.day, date.day);
        assert_int_equal(civil_days(date), day);
        assert_int_equal(civil_weekday(day), weekday);
        weekday = (weekday + 1) % 7;
        if (++date.day > civil_month_len(date.year, date.month)) {
            date.day = 1;
            date.month = date.month % 12 + 1;
            date.year += date.month == 1;
        }
    }
    assert_int_equal(date.year, 2370);
}

static void known_days_are_where_they_were(void **state)
{
    (void)state;
    assert_int_equal(civil_days((struct civil_date){1970, 1, 1}), 0);
    assert_int_equal(civil_weekday(0), 4);
    assert_int_equal(civil_weekday(-1), 3);
    assert_int_equal(civil_days((struct civil_date){1, 1, 1}), -719162);
    assert_int_equal(civil_days((struct civil_date){-1, 3, 1}), -719468 - 366);
    assert_int_equal(civil_days((struct civil_date){9999, 12, 31}), 2932896);
    assert_int_equal(civil_weekday(civil_days((struct civil_date){2000, 2, 29})), 2);
}

static void months_have_their_lengths(void **state)
{
    (void)state;
    assert_int_equal(civil_month_len(2100, 2), 28);
    assert_int_equal(civil_month_len(2000, 2), 29);
    assert_int_equal(civil_month_len(2024, 2), 29);
    assert_int_equal(civil_month_len(2023, 2), 28);
    assert_int_equal(civil_month_len(2024, 12), 31);
}

static void division_rounds_down_or_up_on_both_sides_of_zero(void **state)
{
    (void)state;
    assert_int_equal(civil_floor(7, 5), 1);
    assert_int_equal(civil_floor(-7, 5), -2);
    assert_int_equal(civil_floor(-5, 5), -1);
    assert_int_equal(civil_ceil(7, 5), 2);
    assert_int_equal(civil_ceil(5, 5), 1);
    assert_int_equal(civil_ceil(-7, 5), -1);
    assert_int_equal(civil_ceil(0, 5), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_and_dates_count_alike_through_eight_centuries),
        cmocka_unit_test(known_days_are_where_they_were),
        cmocka_unit_test(months_have_their_lengths),
        cmocka_unit_test(division_rounds_down_or_up_on_both_sides_of_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
