#!/usr/bin/python3
"""Filters against a second implementation in Python: random ones, the table of the documentation, hostile ones.

    run.py --binary build/asan/sluice [--seed 1] [--cases 20000] [--seconds N]

The program beside the binary, sluice-filter-lines, says what our code answers. With --seconds it goes on with further
seeds for that long.
"""

import argparse
import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import time

import generator
import reference

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "how-to" / "routing.md"
BATCH, TIMEOUT_S, POINTER_MAX = 5000, 120, 100
STEPS_MAX = 200000  # what takes more is trouble, which the reference does not count


def main():
    options = _options()
    program = pathlib.Path(options.binary).with_name("sluice-filter-lines")
    failures = _report("documented", *documented(program))
    failures += _report("refused", *refused(program))
    failures += _report("hostile", *hostile(program))
    began, seed, compared = time.monotonic(), options.seed, collections.Counter()
    while True:
        print(f"seed {seed}")
        count, bad, words = random_cases(program, seed, options.cases)
        failures += _report(f"random ({', '.join(f'{words[word]} {word}' for word in sorted(words))})", count, bad)
        compared.update(words)
        seed += 1
        if time.monotonic() - began >= options.seconds:
            break
    print(f"{sum(compared.values())} random cases in {time.monotonic() - began:.0f} s, {failures} differences in all")
    return failures > 0


def documented(program):
    """The rows of the document's tables: `filters` | `headers` | match, no match, trouble."""
    rows = re.findall(r"^\| `(\[.*?\])` \| `(\{.*?\})` \| (match|no|trouble)\b", DOCUMENT.read_text(encoding="utf-8"), re.M)
    rows = [[cell.replace("\\|", "|") for cell in row] for row in rows]
    bad = [] if len(rows) >= 40 else [f"only {len(rows)} rows were found in {DOCUMENT.name}"]
    lines = ['{"filters":%s,"headers":%s}' % (filters, headers) for filters, headers, _ in rows]
    for line, (_, _, want), got in zip(lines, rows, _ask(program, lines)):
        if {_expected(line), got.split(" ")[0]} != {want}:
            bad.append(f"{line}\n    the page says {want}, the reference {_expected(line)}, our code {got}")
    return len(rows), bad


def refused(program):
    """What no generator makes of JSON values."""
    deep = "[" * 32 + "]" * 32
    cases = {'7': "/filters", '{}': "/filters", 'null': "/filters", '"x"': "/filters", '[7]': "/filters/0", '[{},[]]': "/filters/1",
             '[{"a":1,"a":2}]': "/filters", '[{"a":{"b":{"$x":1}}}]': "/filters/0/a/b/$x", '[{"v":{"$foo":1}}]': "/filters/0/v/$foo",
             '[{"a/b~":{"$foo":1}}]': "/filters/0/a~1b~0/$foo", '[{"$or":[{"a":{"$in":1}}]}]': "/filters/0/$or/0/a/$in",
             '[{"$eq":"x","$y":"!z"}]': "/filters/0/$y", '[' + ",".join(["{}"] * 1001) + ']': "/filters",
             '[{"a":%s}]' % deep: "/filters", '[{"a":"%s"}]' % ("x" * 65536): "/filters",
             '[{"a":{"$regex":"%s"}}]' % ("x" * 1025): "/filters/0/a/$regex", '[{"a":{"$regex":"(?<"}}]': "/filters/0/a/$regex",
             '[{"a":{"$or":[%s]}}]' % ",".join(['{"$regex":"x"}'] * 65): "/filters/0/a/$or/64/$regex",
             '[{"a":"\\u0000"}]': "/filters", '[{"a":{"$regex":"\\\\C"}}]': "/filters/0/a/$regex"}
    taken = ['[]', '[{}]', '[' + ",".join(["{}"] * 1000) + ']', '[{"a":%s}]' % deep[2:-2], '[{"a":{"$regex":"%s"}}]' % ("x" * 1024),
             '[{"a":{"$or":[%s]}}]' % ",".join(['{"$regex":"x"}'] * 64), '[{"a":"%s"}]' % ("x" * 65526)]
    answers = _ask(program, ['{"filters":%s,"headers":{}}' % text for text in (*cases, *taken)])
    bad = [f"{text[:80]}: {got[:100]}, not refused at {want}"
           for (text, want), got in zip(cases.items(), answers) if got.split(" ")[:2] != ["refused", want]]
    bad += [f"{text[:80]}: {got[:100]}" for text, got in zip(taken, answers[len(cases):]) if got.startswith("refused")]
    return len(cases) + len(taken), bad


def hostile(program):
    """filters, headers, the answer, and the most steps: what is cheap stays cheap, what is dear is ended."""
    many = json.dumps([str(number) for number in range(3000)])
    a_lot = "a" * 4000
    cases = [
        ({"v": {"$regex": "(a+)+[bc]"}}, {"v": "a" * 40}, "trouble", STEPS_MAX),
        ({"v": {"$regex": "(a|aa)*[cd]"}}, {"v": a_lot}, "trouble", STEPS_MAX),
        ({"v": {"$regex": "(?:.*.*.*)*[xy]"}}, {"v": a_lot}, "trouble", STEPS_MAX),
        ({"v": {"$regex": "(?R)"}}, {"v": "x"}, None, STEPS_MAX),
        ({"v": {"$regex": "(x|(?1))+[yz]"}}, {"v": "x" * 30000}, "trouble", STEPS_MAX),
        ({"v": {"$regex": "[a-z]+[0-9]"}}, {"v": "a" * 60000}, "trouble", STEPS_MAX),
        ({"v": {"$regex": "(((a{1,100}){1,100}){1,6})[bc]"}}, {"v": a_lot}, None, STEPS_MAX),
        ({"v": {"$regex": "^win(32|64)$"}}, {"v": "win64"}, "match", 40),
        ({"v": {"$not": {"$regex": "(a+)+[bc]"}}}, {"v": "a" * 40}, "trouble", STEPS_MAX),
        ({"v": "*a" * 30 + "*b"}, {"v": "a" * 4000}, "no", 10000),
        ({"v": "*" + "a*" * 2000}, {"v": "a" * 2000}, "match", 5000),
        ({"v": "*" + "a" * 2000 + "b"}, {"v": "a" * 30000}, "trouble", STEPS_MAX),
        ({"v": "*" + "[" * 3000}, {"v": "[" * 20000}, "trouble", STEPS_MAX),
        ({"v": "*" + "[!" + "a-b" * 3000 + "]x"}, {"v": "c" * 20000}, "trouble", STEPS_MAX),
        ({"v": {"$in": json.loads(many)}}, {"v": json.loads(many)[::-1]}, "match", STEPS_MAX),
        ({"v": {"$nin": json.loads(many)}}, {"v": [str(-n) for n in range(1, 3000)]}, "trouble", STEPS_MAX),
        ({"v": {"$all": json.loads(many)}}, {"v": json.loads(many)}, "trouble", STEPS_MAX),
        ({".".join("v" * 3000): 1}, {"v": [{"v": [{"v": [{}] * 50}] * 50}] * 50}, "trouble", STEPS_MAX),
        ({".".join("v" * 30000): 1}, {"v": {"v": {"v": 1}}}, "no", 20),
        ({f"v.{n}": {"$ne": 1} for n in range(900)}, {"v": [0] * 30000}, "match", 6000),
        ({f"v.x{n}": {"$ne": 1} for n in range(900)}, {"v": [{}] * 3000}, "trouble", STEPS_MAX),
    ]
    lines = [json.dumps({"filters": [filters], "headers": headers}) for filters, headers, _, _ in cases]
    bad = []
    for (filters, _, want, steps_max), got in zip(cases, _ask(program, lines)):
        word, _, rest = got.partition(" ")
        if word == "refused" or (want and word != want) or int(rest.split()[0]) > steps_max:
            bad.append(f"{json.dumps(filters)[:80]}: {got[:80]}, not {want} within {steps_max} steps")
    return len(cases), bad


def random_cases(program, seed, cases):
    rng = random.Random(seed)
    bad, words, count = [], collections.Counter(), 0
    make = generator.Generator(rng)
    while count < cases:
        lines = [make.case() for _ in range(min(BATCH, cases - count))]
        for line, got in zip(lines, _ask(program, lines)):
            want = "too dear" if got == f"trouble {STEPS_MAX}" else _expected(line)
            words[want if want == "too dear" else want.split(" ")[0]] += 1
            if want != "too dear" and not _is_same(want, got):
                bad.append(f"{line[:1500]}\n    wanted {want}\n    got    {got}")
        count += len(lines)
    if words["too dear"] > count / 1000:
        bad.append(f"{words['too dear']} of {count} ran out of steps")
    return count, bad, words


def _expected(line):
    case = json.loads(line)
    try:
        reference.check(case["filters"])
    except reference.Malformed as malformed:
        return f"refused {malformed}"
    try:
        return "match" if reference.match(case["filters"], case["headers"]) else "no"
    except reference.Trouble:
        return "trouble"


def _is_same(want, got):
    words = got.split(" ")
    if not want.startswith("refused"):
        return words[0] == want
    # A long pointer is cut.
    pointer = want.removeprefix("refused ")
    return got.startswith(f"refused {pointer} ") or (len(pointer) > POINTER_MAX and words[0] == "refused")


def _ask(program, lines):
    if not lines:
        return []
    done = subprocess.run([program], input="\n".join(lines) + "\n", capture_output=True, encoding="utf-8", check=False,
                          timeout=TIMEOUT_S)
    answers = done.stdout.split("\n")[:-1]
    if done.returncode != 0 or len(answers) != len(lines):
        sys.exit(f"{program} ended with {done.returncode} after {len(answers)} of {len(lines)} lines: {done.stderr[-3000:]}")
    return answers


def _report(name, count, bad):
    for line in bad[:10]:
        print(f"  {line}")
    print(f"{name}: {count} compared, {len(bad)} differ", flush=True)
    return len(bad)


def _options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=20000, help="for each seed")
    parser.add_argument("--seconds", type=float, default=0, help="go on with further seeds for so long")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
