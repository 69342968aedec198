#!/usr/bin/python3
"""Runs .http conversations, a fresh broker each, and checks every answer against openapi.yaml.

    run.py --binary build/release/sluice [--openapi api/openapi.yaml] [FILE.http …]
"""

import argparse
import concurrent.futures
import pathlib
import re
import shlex
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import conversation  # noqa: E402
from broker import Broker, BrokerError  # noqa: E402
from play import Failed, Player  # noqa: E402

PRINTING = threading.Lock()


def main():
    options = _options()
    files = [pathlib.Path(name) for name in options.files] or sorted(HERE.glob("*.http"))
    if options.rows:
        return _print_rows(files)
    contract = _contract(options.openapi)
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(lambda path: _run_file(path, options, contract), files))
    failed = results.count(False)
    if contract and not options.files:
        print(f"operations without a conversation: {', '.join(contract.unseen()) or 'none'}")
    print(f"took {time.monotonic() - started:.1f} s")
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default="build/release/sluice", help="the program under test")
    parser.add_argument("--openapi", default=str(HERE.parent.parent / "api" / "openapi.yaml"))
    parser.add_argument("--jobs", type=int, default=3, help="files at the same time")
    parser.add_argument("--keep-going", action="store_true",
                        help="play on after a statement that fails, and print them all")
    parser.add_argument("--rows", action="store_true",
                        help="only print which capability row is shown where")
    parser.add_argument("files", nargs="*")
    return parser.parse_args()


def _print_rows(files):
    """`# row 24: …` comments, sorted by number."""
    found = [(int(match[1]), f"{path.name}:{number}", match[2])
             for path in [*files, *HERE.glob("*.py")]
             for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
             if (match := re.match(r"# row (\d+): (.*)", line))]
    for row, where, text in sorted(found):
        print(f"{row:3d}  {where:24s}  {text}")
    return 0


def _contract(path):
    if not pathlib.Path(path).exists():
        print(f"warning: {path} is not there, answers are not checked against it")
        return None
    from schema import Contract
    return Contract(path)


def _run_file(path, options, contract):
    """Plays one file; prints its line, and all that helps where it fails."""
    started = time.monotonic()
    failures, log = [], ""
    try:
        steps = conversation.read(path)
        failures, log = _play(path, steps, options, contract)
    except (conversation.Malformed, OSError) as error:
        failures = [f"  {path.name}: {error}\n"]
    took = time.monotonic() - started
    with PRINTING:
        print(f"{'FAIL' if failures else 'ok  '} {path.name}  {took:.1f} s", flush=True)
        for failure in failures:
            print(failure)
        if failures and log and not options.keep_going:
            print("  the broker's last words:\n" + log)
    return not failures


def _play(path, steps, options, contract):
    broker = Broker(options.binary, *_directives(steps))
    failures = []
    try:
        broker.start()
        player = Player(broker, path.parent, contract)
        for part in [[step] for step in steps] if options.keep_going else [steps]:
            try:
                player.play(part)
            except Failed as failure:
                failures.append(_describe(path, failure))
        player.close()
        if broker.is_running():
            broker.stop()
        elif not any(step.verb == "EXITED" for step in steps):
            failures.append(f"  broker ended on its own, code {broker.process.returncode}")
    except BrokerError as error:
        failures.append(f"  {path.name}: {error}")
    finally:
        log = broker.log_tail()
        broker.dispose()
    return failures, log


def _directives(steps):
    """What a file says about its broker: WITH … and REAL-CLOCK."""
    extra, clock = [], "manual"
    for step in steps:
        if step.verb == "WITH":
            extra += shlex.split(step.argument)
        elif step.verb == "REAL-CLOCK":
            clock = "real"
    return extra, clock


def _describe(path, failure):
    step = failure.step
    text = step.text if len(step.text) < 600 else step.text[:600] + "…"
    lines = [f"  {path.name}:{step.line}: {failure.reason}", f"  # {step.note}", f"  {text}"]
    if failure.answer is not None:
        lines.append("  answered:\n" + failure.answer.show())
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
