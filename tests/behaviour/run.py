#!/usr/bin/python3
"""Rows B166-B195 of the bad-input corpus: clients that behave badly rather than send one bad thing, and text that would
do harm in another context. The broker goes on serving, changes nothing it must not, gives memory back, and writes no
line that is not one whole JSON object.

    run.py --binary build/release/sluice [--only B183,B190]
"""

import argparse
import json
import os
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import crowds  # noqa: E402
import contexts  # noqa: E402
import sockets  # noqa: E402
from broker import Broker  # noqa: E402

# What leaks by request or connection is far beyond this.
GROWTH_MAX_KIB = 96 * 1024
# Freed memory that a sanitizer keeps for a while would look like it.
QUARANTINE = "quarantine_size_mb=4"
OPTIONS = ["--head-deadline", "1500ms", "--body-deadline", "1500ms", "--idle-timeout", "5s", "--log-level", "debug"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--only", help="row ids, with commas")
    options = parser.parse_args()
    os.environ["ASAN_OPTIONS"] = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), QUARANTINE)))
    failures = 0
    count = 0
    for module in (contexts, sockets, crowds):
        broker = Broker(options.binary, OPTIONS, clock="real").start()
        try:
            before = broker.rss_kib()
            for row, title, test in module.ROWS:
                if options.only and row not in options.only.split(","):
                    continue
                count += 1
                problems = _play(broker, test)
                failures += bool(problems)
                print(f"{'FAIL' if problems else 'ok'}   {row} {title}{': ' + '; '.join(problems) if problems else ''}",
                      flush=True)
            after = broker.rss_kib()
            print(f"     resident memory: {before} KiB before, {after} KiB after")
            if after - before > GROWTH_MAX_KIB:
                failures += 1
                print(f"FAIL {module.__name__}: memory does not come back")
            broker.stop()
            problems = list(_bad_lines(broker.log_path))
            failures += bool(problems)
            for problem in problems[:5]:
                print(f"FAIL {module.__name__}: the log: {problem}")
        except Exception:
            print(broker.log_tail())
            raise
        finally:
            broker.dispose()
    print(f"{count} rows, {failures} failures")
    return 1 if failures else 0


def _play(broker, test):
    """What is wrong after one row."""
    try:
        problems = list(test(broker) or [])
    except OSError as error:
        problems = [f"{type(error).__name__}: {error}"]
    if not broker.is_running():
        raise SystemExit(f"the broker is gone\n{broker.log_tail()}")
    if broker.probe("/livez") != 200:
        problems.append("/livez does not answer 200")
    return problems


def _bad_lines(path):
    """Lines of the log that a reader could take for something else."""
    with open(path, "rb") as log:
        for line in log.read().split(b"\n")[:-1]:
            try:
                json.loads(line)
            except ValueError:
                yield f"not JSON: {line[:120]!r}"
            if re.search(rb"[\x00-\x08\x0b-\x1f\x7f]|\xe2\x80[\xa8\xa9\xaa-\xae]|\xe2\x81[\xa6-\xa9]|\xc2[\x80-\x9f]", line):
                yield f"control characters: {line[:120]!r}"


if __name__ == "__main__":
    sys.exit(main())
