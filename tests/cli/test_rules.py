"""Rules on the command line: of a submit, of a queue, and why a task does not run."""

import json
import os
import pathlib
import pty
import re
import subprocess

import yaml

from fake_broker import problem, reply
from harness import contains, equal, test
from test_client import ID, TASK, answers

EXPLAIN = f"/v1/tasks/{ID}/explain"


@test
def submit_says_how_a_task_stands_to_others(bench):
    answers(bench, "POST", "/v1/tasks", reply(201, TASK))
    equal(bench.run(
        "submit", "--limit", "gpu", "--limit", "db:main=3", "--fairness-key", "u", "--fairness-weight", "2.5",
        "--ordering-key", "o", "--on-order-failure", "block", "--dedup-key", "k", "--dedup-scope", "window",
        "--dedup-window", "5m", "--on-conflict", "debounce", "--depends-on", ID, "--depends-on", "x",
        "--on-dependency-failure", "run", "--affinity", "m")[:2], (0, ID + "\n"))
    equal(bench.broker.asked("POST", "/v1/tasks")[0].json(), {
        "limits": ["gpu", {"name": "db:main", "units": 3}], "fairness_key": "u", "fairness_weight": 2.5,
        "ordering_key": "o", "on_order_failure": "block",
        "dedup": {"key": "k", "scope": "window", "window_s": 300, "on_conflict": "debounce"},
        "depends_on": [ID, "x"], "on_dependency_failure": "run", "affinity": "m"})


@test
def a_limit_that_may_be_meant_to_have_units_is_pointed_out(bench):
    answers(bench, "POST", "/v1/tasks", reply(201, TASK))
    words = ["submit", "--limit", "gpu:2", "--limit", "db:main"]
    equal(bench.run(*words), (0, ID + "\n", ""))
    try:
        main, other = pty.openpty()
    except OSError as error:
        print(f"     no terminal can be had here ({error}): only the quiet half was checked")
        return
    subprocess.run([bench.binary, *words], stdout=subprocess.DEVNULL, stderr=other, env=bench.env(), timeout=20, check=True)
    os.set_blocking(main, False)
    told = os.read(main, 4096).decode()
    os.close(main)
    os.close(other)
    contains(told, "gpu=2")
    assert "db" not in told, told
    equal(bench.broker.asked("POST", "/v1/tasks")[0].json(), {"limits": ["gpu:2", "db:main"]})


@test
def rules_that_cannot_be_read_are_usage_errors(bench):
    for words in (["--limit", "gpu="], ["--limit", "gpu=0"], ["--limit", "gpu=x"], ["--fairness-weight", "much"],
                  ["--dedup-scope", "queued"], ["--dedup-window", "5m"], ["--on-conflict", "reject"],
                  ["--dedup-key", "k", "--dedup-window", "soon"]):
        code, out, err = bench.run("submit", *words)
        equal((words, code, out), (words, 64, ""))
        assert err


@test
def queue_set_changes_what_is_named(bench):
    answers(bench, "PATCH", "/v1/queues/q", reply(200, {"name": "q", "concurrency": 4}))
    code, out, err = bench.run("queue", "set", "q", "--concurrency", "4", "--pending", "none", "--fairness", "false", "--aging",
                               "none", "--rate", "5", "--per", "60", "--dead-letter-queue", "dead")
    equal((code, err), (0, ""))
    contains(out, "concurrency  4")
    equal(bench.broker.asked("PATCH", "/v1/queues/q")[0].json(), {
        "concurrency": 4, "pending_limit": None, "fairness": False, "aging_s": None,
        "rate": {"units": 5, "period_s": 60}, "dead_letter_queue": "dead"})
    equal(bench.run("queue", "set", "q", "--rate", "none", "--dead-letter-queue", "none", "--aging", "90")[0], 0)
    equal(bench.broker.asked("PATCH", "/v1/queues/q")[1].json(), {"rate": None, "dead_letter_queue": None, "aging_s": 90})


@test
def queue_set_makes_a_queue_that_is_not_there(bench):
    answers(bench, "PATCH", "/v1/queues/new", problem(404, "not_found", "there is no such queue"))
    answers(bench, "PUT", "/v1/queues/new", reply(201, {"name": "new"}))
    equal(bench.run("queue", "set", "new", "--concurrency", "1")[0], 0)
    equal(bench.broker.asked("PUT", "/v1/queues/new")[0].json(), {"concurrency": 1})
    for words in (["--concurrency", "-1"], ["--aging", "soon"], ["--fairness", "maybe"], ["--burst", "3"], ["--rate", "x"]):
        equal((words, bench.run("queue", "set", "new", *words)[0]), (words, 64))


@test
def task_why_says_it_in_sentences(bench):
    answer = {"id": ID, "state": "blocked", "estimate": 12.5, "blockers": [
        {"kind": "limit", "name": "gpu", "limit": 4, "running": 4, "holders": ["a", "b"]},
        {"kind": "paused", "queue": "q\x1b[31m"}, {"kind": "new", "much": 3}]}
    answers(bench, "GET", EXPLAIN, reply(200, answer))
    code, out, err = bench.run("task", "why", ID)
    equal((code, err), (0, ""))
    lines = out.splitlines()
    equal(lines[0], "The task is blocked.")
    equal(lines[1], "1. Limit gpu is full: 4 of 4 units are in use. Held by a, b.")
    assert lines[2].startswith("2. Queue q") and "\x1b" not in lines[2], lines[2]
    equal(lines[3:], ["3. new. much: 3.", "It may run in 12.500 s."])
    contains(bench.run("task", "why", ID, "--json")[1], '"kind": "limit"')
    answers(bench, "GET", EXPLAIN, reply(200, {"id": ID, "state": "running", "blockers": [], "estimate": None}))
    equal(bench.run("task", "why", ID)[1], "The task is running.\nNothing stands in its way.\n")


@test
def task_why_tells_of_a_cancel(bench):
    cancel = {"requested_at": "T", "reason": "user", "ends_at": "T2", "abandoned": False}
    answers(bench, "GET", EXPLAIN, reply(200, {"state": "running", "blockers": [], "estimate": None, "cancel": cancel}))
    equal(bench.run("task", "why", ID)[1],
          "The task is running.\nIt was asked to stop (user): its worker has until T2 to end it.\n")
    cancel.update(ends_at=None, abandoned=True)
    answers(bench, "GET", EXPLAIN, reply(200, {"state": "cancelled", "blockers": [], "estimate": None, "cancel": cancel}))
    equal(bench.run("task", "why", ID)[1],
          "The task is cancelled.\nWhy it was cancelled: user; its worker never answered.\n")


# row 56: every kind of reason has a sentence, in which all its members are told
@test
def task_why_has_a_sentence_for_each_kind(bench):
    document = yaml.safe_load((pathlib.Path(__file__).parents[2] / "api" / "openapi.yaml").read_text(encoding="utf-8"))
    answer = document["paths"]["/v1/tasks/{id}/explain"]["get"]["responses"]["200"]["content"]["application/json"]
    kinds = set(document["components"]["schemas"]["Explanation"]["properties"]["blockers"]["items"]["properties"]["kind"]["enum"])
    for name, example in answer["examples"].items():
        explanation = json.loads(json.dumps(example["value"], default=str))
        answers(bench, "GET", EXPLAIN, reply(200, explanation))
        code, out, err = bench.run("task", "why", ID)
        equal((name, code, err), (name, 0, ""))
        lines = out.splitlines()
        for number, blocker in enumerate(explanation["blockers"], 1):
            kinds.discard(blocker["kind"])
            line = lines[number]
            assert re.match(rf"{number}\. [A-Z].*\.$", line), line
            assert not re.search(r"\. [a-z_]+: ", line), f"a member is only told behind the sentence: {line}"
            for holder in blocker.get("holders", []):
                contains(line, holder)
        equal("It may run in" in out, explanation["estimate"] is not None)
    equal(kinds, {"group", "resource"})  # these are not given yet
