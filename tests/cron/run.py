#!/usr/bin/python3
"""Cron expressions and time zones against a walk through every minute with Python's zoneinfo.

    run.py --binary build/asan/sluice [--seed N] [--nights 16]

The program beside the binary, sluice-cron-slots, says what our code answers.
"""

import argparse
import datetime
import pathlib
import random
import subprocess
import sys
import time
import zoneinfo

import reference

ZONES = ("Africa/Casablanca", "America/New_York", "America/Sao_Paulo", "Antarctica/Troll", "Asia/Kathmandu",
         "Australia/Lord_Howe", "Australia/Sydney", "Europe/Dublin", "Europe/London", "Pacific/Apia", "Pacific/Chatham",
         "UTC")
EXPRESSIONS = ("30 2 * * *", "0 2,3 * * *", "*/30 * * * *", "* 2 * * *", "30 * * * *", "15 */2 * * *", "0-59/15 1-3 * * *",
               "0 0 * * *", "30 0 * * *", "59 23 * * *", "*/20 0 * * *", "0 12 * * *", "45 1,2 * * SUN", "0 1 1-7 * 1",
               "5 2 */2 * *", "1,31 0-3 * MAR,APR,SEP-NOV *", "15 2 * * 5-7", "@hourly", "@daily")
# What the rules of summer time never met: a whole day skipped, half an hour, no whole minutes.
SPECIAL = {"Pacific/Apia": [1325239200], "Antarctica/Troll": [1111885200], "Asia/Kathmandu": [504901800],
           "Africa/Monrovia": [63593070], "Asia/Pyongyang": [1525446000], "America/Caracas": [1197183600]}
FROM, UNTIL = reference.instant(1970, 1, 5), reference.instant(2100, 12, 20)
DAY = 86400


def main():
    options = _options()
    program = pathlib.Path(options.binary).with_name("sluice-cron-slots")
    rng = random.Random(options.seed)
    print(f"seed {options.seed}")
    began = time.monotonic()
    failures = 0
    for check in (offsets, nights, random_days, refusals):
        count, bad = check(program, rng, options)
        failures += len(bad)
        for line in bad[:10]:
            print(f"  {line}")
        print(f"{check.__name__}: {count} compared, {len(bad)} differ, {time.monotonic() - began:.1f} s")
    return failures > 0


def offsets(program, rng, options):
    """Every zone there is, at random instants, around its changes, and from local time back."""
    lines, wanted = [], []
    for name in sorted(zoneinfo.available_timezones() - {"localtime", "Factory"}):
        zone = zoneinfo.ZoneInfo(name)
        times = [rng.randrange(FROM, UNTIL) for _ in range(40)]
        times += [at + step for at in rng.sample(reference.changes(zone, FROM, UNTIL, 45 * DAY)[:200] or [FROM], 1)
                  for step in (-1, 0, 1)]
        lines.append(f"offsets {name} " + " ".join(str(at * 1000) for at in times))
        wanted.append(" ".join(str(reference.offset(zone, at) * 1000) for at in times))
        local = [at + reference.offset(zone, at) + rng.choice((0, 1800, 3600, -1800)) for at in times]
        lines.append(f"instants {name} " + " ".join(str(at * 1000) for at in local))
        wanted.append(" ".join(",".join(str(at * 1000) for at in reference.instants(zone, shown)) or "none"
                               for shown in local))
    return _compare(program, lines, wanted)


def nights(program, rng, options):
    """Three days around changes of the clock: both nights of some years, and what was special."""
    lines, wanted = [], []
    for name in sorted({*ZONES, *SPECIAL}):
        zone = zoneinfo.ZoneInfo(name)
        changes = reference.changes(zone, FROM, UNTIL, 6 * 3600) if name in ZONES else []
        chosen = _pairs(changes, rng, options.nights) + SPECIAL.get(name, [])
        for at in sorted(chosen) or [rng.randrange(FROM, UNTIL)]:
            _add(lines, wanted, name, at // 60 * 60 - 36 * 3600, 3, EXPRESSIONS)
    return _compare(program, lines, wanted)


def random_days(program, rng, options):
    """Random expressions for random weeks, in all zones."""
    lines, wanted = [], []
    for name in ZONES:
        for _ in range(5):
            expressions = [reference.random_expression(rng) for _ in range(6)]
            _add(lines, wanted, name, rng.randrange(FROM, UNTIL) // 60 * 60, 8, expressions)
    return _compare(program, lines, wanted)


def refusals(program, rng, options):
    texts = ("", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * 0 *",
             "* * * * 8", "*/0 * * * *", "*/60 * * * *", "5-1 * * * *", "* * * * FRI-TUE", "@reboot", "@every", "@daily *",
             "0 0 31 2 *", "0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "1,,2 * * * *", ",1 * * * *", "1, * * * *", "0 0 L * *",
             "0 0 15W * *", "0 0 * * 5#2", "0 0 ? * *", "5/15 * * * *", "-1 * * * *", "+1 * * * *", "001 * * * *",
             "1-2-3 * * * *", "*/2/3 * * * *", "* * * JANUARY *", "*-5 * * * *", "** * * * *", "1.5 * * * *", "0x1 * * * *",
             ",".join("1" for _ in range(508)) + " * * * *")
    answers = _ask(program, [f"slots UTC 0 1 {text}" for text in texts])
    bad = [f"taken: {text[:60]!r}" for text, answer in zip(texts, answers) if not answer.startswith("refused: ")]
    names = ("Mars/X", "../etc/passwd", "/etc/passwd", "Europe//Berlin", "Europe/", "Europe", ".", "tzdata.zi", "zone.tab",
             "Europe/../UTC", "-x", "U" * 1024)
    answers = _ask(program, [f"offsets {name} 0" for name in names])
    bad += [f"taken: {name[:60]!r}" for name, answer in zip(names, answers) if not answer.startswith("refused: ")]
    return len(texts) + len(names), bad


def _pairs(changes, rng, count):
    """Some changes, each with the next one: both nights of a year."""
    if len(changes) <= count:
        return changes
    begins = rng.sample(range(len(changes) - 1), count // 2)
    return sorted({changes[i + step] for i in begins for step in (0, 1)})


def _add(lines, wanted, name, start, days, expressions):
    walk = reference.Walk(zoneinfo.ZoneInfo(name), start, start + days * DAY)
    for text in expressions:
        lines.append(f"slots {name} {start * 1000} {(start + days * DAY) * 1000} {text}")
        wanted.append(" ".join(str(at * 1000) for at in walk.slots(text)))


def _ask(program, lines):
    done = subprocess.run([program], input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{program} ended with {done.returncode}: {done.stderr[-3000:]}")
    return done.stdout.split("\n")[:-1]


def _compare(program, lines, wanted):
    answers = _ask(program, lines)
    if len(answers) != len(lines):
        return len(lines), [f"{len(lines)} questions, {len(answers)} answers"]
    return len(lines), [f"{line[:100]}\n    wanted {want[:300]}\n    got    {got[:300]}"
                        for line, want, got in zip(lines, wanted, answers) if want != got.rstrip()]


def _options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--seed", type=int, default=int(datetime.datetime.now().timestamp()) % 100000)
    parser.add_argument("--nights", type=int, default=16, help="changes of the clock for each zone")
    return parser.parse_args()


sys.exit(main())
