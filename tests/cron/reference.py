"""When expressions fire, found by looking at every minute: slow, simple, and nothing taken from our code."""

import datetime

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1)
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
WEEKDAYS = "SUN MON TUE WED THU FRI SAT".split()
FIELDS = ((0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, MONTHS), (0, 7, WEEKDAYS))
WORDS = {"@hourly": "0 * * * *", "@daily": "0 0 * * *"}


def instant(year, month, day):
    return int(datetime.datetime(year, month, day, tzinfo=UTC).timestamp())


def offset(zone, at):
    return int(datetime.datetime.fromtimestamp(at, zone).utcoffset().total_seconds())


def instants(zone, shown):
    """All instants whose local clock shows that many seconds since 1970: tried with every offset around."""
    around = {offset(zone, shown + hours * 3600) for hours in range(-50, 51)}
    return sorted(at for at in {shown - step for step in around} if offset(zone, at) + at == shown)


def changes(zone, begin, end, step):
    """The first instants of new offsets; two within a step can be missed."""
    found, before, at = [], offset(zone, begin), begin
    while at < end:
        after = offset(zone, at + step)
        if after != before:
            low, high = at, at + step
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
            found.append(high)
        before, at = after, at + step
    return found


class Expression:
    def __init__(self, text):
        words = WORDS.get(text, text).split()
        minutes, hours, days, months, weekdays = (_values(word, *field) for word, field in zip(words, FIELDS))
        self.is_fixed = words[0][0] != "*" and words[1][0] != "*"
        self.either = words[2][0] != "*" and words[4][0] != "*"
        self.minutes, self.hours, self.days, self.months = minutes, hours, days, months
        self.weekdays = {value % 7 for value in weekdays}

    def matches(self, shown):
        """shown: a local time with whole minutes, without a zone."""
        if shown.minute not in self.minutes or shown.hour not in self.hours or shown.month not in self.months:
            return False
        by_day, by_week = shown.day in self.days, shown.isoweekday() % 7 in self.weekdays
        return by_day or by_week if self.either else by_day and by_week


class Walk:
    """Every minute from begin to end, and the three days before, for what the clock had shown by then."""

    def __init__(self, zone, begin, end):
        self.running = []  # instant, local time, for minutes that are shown
        self.fixed = []    # instant, local time, for minutes reached or passed for the first time
        whole = all(offset(zone, at) % 60 == 0 for at in range(begin - 3 * 86400, end, 3600))
        high = None
        for at in range(begin - 3 * 86400, end, 60 if whole else 1):
            shown = at + offset(zone, at)
            if shown % 60 == 0 and at >= begin:
                self.running.append((at, _local(shown)))
            if high is None or shown > high:
                # Whole minutes above the highest that was shown, up to what is shown now.
                first = shown // 60 * 60 if high is None else high // 60 * 60 + 60
                for minute in range(first, shown + 1, 60):
                    if at >= begin:
                        self.fixed.append((at, _local(minute)))
                high = shown

    def slots(self, text):
        expression = Expression(text)
        found = [at for at, shown in (self.fixed if expression.is_fixed else self.running) if expression.matches(shown)]
        return sorted(set(found))


def random_expression(rng):
    while True:
        text = " ".join(_random_field(rng, *field) for field in FIELDS)
        if _can_fire(Expression(text)):
            return text


def _can_fire(expression):
    if expression.either:
        return True
    lengths = {month: 29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31 for month in range(1, 13)}
    return any(min(expression.days) <= lengths[month] for month in expression.months)


def _random_field(rng, low, high, names):
    kind = rng.randrange(8)
    if kind < 3 or (names and kind < 5):
        return "*"
    if kind == 3:
        return f"*/{rng.randint(1, high)}"
    return ",".join(_random_part(rng, low, high, names) for _ in range(rng.choice((1, 1, 1, 2, 4))))


def _random_part(rng, low, high, names):
    first, last = sorted((rng.randint(low, high), rng.randint(low, high)))
    if names and first < len(names) + low and rng.random() < 0.4:
        return rng.choice((str.upper, str.lower, str.title))(names[first - low])
    kind = rng.randrange(4)
    if kind < 2:
        return str(first)
    return f"{first}-{last}" + (f"/{rng.randint(1, high)}" if kind == 3 else "")


def _local(shown):
    return EPOCH + datetime.timedelta(seconds=shown)


def _values(word, low, high, names):
    found = set()
    for part in word.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if span == "*":
            first, last = low, high
        else:
            first = _value(first, low, names)
            last = _value(last, low, names) if last else first
        found |= set(range(first, last + 1, int(step or 1)))
    return found


def _value(text, low, names):
    return names.index(text.upper()) + low if text.upper() in names else int(text)
