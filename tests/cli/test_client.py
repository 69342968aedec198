"""The other commands: what they send, what they print, and how they end."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import threading
import time

from fake_broker import problem, reply
from harness import contains, equal, test

ID = "01890000-0000-7000-8000-000000000001"
TASK = {"id": ID, "type": "resize", "queue": "thumbs", "state": "ready", "attempt": 0, "max_attempts": 3,
        "created_at": "2026-01-02T03:04:05.678Z", "name": "a\x1b[31mname", "progress": None, "tags": [],
        "error": None}


def answers(bench, method, path, *replies):
    """The n-th request gets the n-th reply, the last one stays."""
    left = list(replies)
    bench.broker.answers[(method, path)] = lambda _: left.pop(0) if len(left) > 1 else left[0]


def task(**members):
    return {**TASK, **members}


@test
def no_command_shows_the_overview(bench):
    code, out, err = bench.run()
    equal((code, err), (64, ""))
    contains(out, "Usage: sluice COMMAND")


@test
def every_command_has_help(bench):
    _, overview, _ = bench.run("--help")
    names = [re.split("  +", line)[1] for line in overview.splitlines() if line.startswith("  ")]
    assert len(names) > 15, names
    for name in names:
        if name in ("serve", "config"):
            continue
        for flag in ("-h", "--help"):
            code, out, err = bench.run(*name.split(), flag)
            equal((code, err), (0, ""))
            contains(out, "Usage: sluice")
        if name != "help":
            equal(bench.run("help", *name.split())[1], out)


@test
def a_mistyped_command_gets_a_suggestion(bench):
    code, out, err = bench.run("sumbit")
    equal((code, out), (64, ""))
    contains(err, "Did you mean 'sluice submit'?")
    contains(bench.run("task", "cancle", "x")[2], "Did you mean 'sluice task cancel'?")


@test
def a_mistyped_option_gets_a_suggestion(bench):
    code, _, err = bench.run("work", "--concurency", "2")
    equal(code, 64)
    contains(err, "Did you mean '--concurrency'?")


@test
def wrong_values_are_usage_errors(bench):
    for words in (["work", "--concurrency", "0"], ["work", "--concurrency", "x"], ["submit", "--delay", "soon"],
                  ["submit", "--at", "tomorrow"], ["submit", "a", "b"], ["wait"], ["task", "show"],
                  ["submit", "--data"], ["submit", "--data", "{"], ["submit", "--header", "x"],
                  ["submit", "--data", "1", "--raw", "x"], ["health", "--live=1"], ["submit", "--queue", "a", "--queue", "b"],
                  ["work", "--queue", "q"], ["work", "--exec", "cat"], ["submit", "--idempotency-key", "a\r\nb: c"]):
        code, out, err = bench.run(*words)
        equal((words, code, out), (words, 64, ""))
        assert err


@test
def the_environment_is_checked_too(bench):
    code, _, err = bench.run("health", SLUICE_URL="nonsense://x")
    equal(code, 64)
    contains(err, "nonsense://x")


@test
def submit_sends_what_was_asked_for(bench):
    answers(bench, "POST", "/v1/tasks", reply(201, TASK))
    with open(bench.path("data"), "wb") as file:
        file.write(b'{"big": 123456789012345678901,  "f": 0.10}')
    code, out, err = bench.run(
        "submit", "resize", "--queue", "thumbs", "--data", "@" + bench.path("data"), "--delay", "5m", "--priority", "high",
        "--tag", "a", "--tag", "b", "--name", "n", "--timeout", "1.5", "--max-attempts", "2", "--header", "k=v=w",
        "--idempotency-key", "key-1")
    equal((code, out, err), (0, ID + "\n", ""))
    request, = bench.broker.asked("POST", "/v1/tasks")
    contains(request.body, b'{"big": 123456789012345678901,  "f": 0.10}')
    equal(request.headers["Idempotency-Key"], "key-1")
    body = request.json()
    body.pop("payload")
    equal(body, {"type": "resize", "queue": "thumbs", "delay_s": 300, "priority": "high", "tags": ["a", "b"],
                 "name": "n", "timeout_s": 1.5, "retry": {"max_attempts": 2}, "headers": {"k": "v=w"}})


@test
def submit_reads_stdin_and_raw_files(bench):
    answers(bench, "POST", "/v1/tasks", reply(201, TASK))
    equal(bench.run("submit", "--data", "-", "--priority", "-3", stdin=b"[1]")[0], 0)
    with open(bench.path("raw"), "wb") as file:
        file.write(b"\x00\xff\n")
    equal(bench.run("submit", "--raw", bench.path("raw"), "--content-type", "image/png", "--at", "2030-01-01T00:00:00Z")[0], 0)
    first, second = [request.json() for request in bench.broker.asked("POST", "/v1/tasks")]
    equal(first, {"payload": [1], "priority": -3})
    equal(second, {"payload_base64": "AP8K", "content_type": "image/png", "run_at": "2030-01-01T00:00:00Z"})


@test
def submit_json_is_the_brokers_own(bench):
    raw = b'{"id":"%s", "x":1.10}' % ID.encode()
    answers(bench, "POST", "/v1/tasks", (201, {"Content-Type": "application/json"}, raw))
    equal(bench.run("submit", "--json")[1], raw.decode() + "\n")


@test
def a_cut_submit_is_repeated_with_the_same_key(bench):
    calls = []

    def once_cut(request):
        calls.append(request.headers["Idempotency-Key"])
        return None if len(calls) == 1 else reply(201, TASK)

    bench.broker.answers[("POST", "/v1/tasks")] = once_cut
    equal(bench.run("submit")[:2], (0, ID + "\n"))
    equal(len(calls), 2)
    assert calls[0] and calls[0] == calls[1]


@test
def submit_wait_prints_the_result(bench):
    answers(bench, "POST", "/v1/tasks", reply(201, TASK))
    answers(bench, "GET", "/v1/tasks/" + ID, reply(200, task(state="running")), reply(200, task(state="succeeded")))
    answers(bench, "GET", "/v1/tasks/" + ID + "/result", (200, {"Content-Type": "image/png"}, b"\x89\x00png"))
    code, out, err = bench.run("submit", "--wait")
    equal((code, out), (0, "\udc89\x00png"))
    contains(err, ID)


@test
def each_end_of_a_task_has_its_exit_code(bench):
    path = "/v1/tasks/" + ID
    answers(bench, "GET", path, reply(200, task(state="succeeded")))
    equal(bench.run("wait", ID), (0, ID + " succeeded\n", ""))
    answers(bench, "GET", path, reply(200, task(state="failed", error={"type": "exit_status", "message": "no \x1b[2J"})))
    code, out, err = bench.run("wait", ID)
    equal((code, out), (7, ID + " failed\n"))
    contains(err, "exit_status: no \\x1b[2J")
    for state in ("cancelled", "expired"):
        answers(bench, "GET", path, reply(200, task(state=state)))
        equal(bench.run("wait", ID)[0], 8)
    answers(bench, "GET", path, reply(200, task(state="running")))
    code, out, err = bench.run("wait", ID, "--timeout", "0.3")
    equal((code, out), (9, ID + " running\n"))


@test
def problems_have_exit_codes_and_say_which_field(bench):
    path = "/v1/tasks/" + ID
    for status, code, exit_code in ((404, "not_found", 3), (409, "state_conflict", 4), (412, "precondition", 4),
                                    (401, "unauthorized", 5), (403, "forbidden", 5), (503, "draining", 6),
                                    (400, "malformed", 1), (429, "queue_full", 10)):
        answers(bench, "GET", path, problem(status, code, "it says so",
                                            errors=[{"pointer": "/retry", "detail": "must be nice"}]))
        found, out, err = bench.run("task", "show", ID)
        equal((status, found, out), (status, exit_code, ""))
        contains(err, "it says so (%s)" % code)
        contains(err, "/retry: must be nice")
    for kind, place in (("parameter", "state"), ("header", "Prefer")):
        answers(bench, "GET", path, problem(400, "invalid_field", "no", errors=[{kind: place, "detail": "must be nice"}]))
        contains(bench.run("task", "show", ID)[2], place + ": must be nice")


@test
def a_broker_that_is_not_there_is_exit_6(bench):
    code, out, err = bench.run("queue", "list", "--url", "http://127.0.0.1:9")
    equal((code, out), (6, ""))
    contains(err, "http://127.0.0.1:9")


@test
def the_token_file_is_sent_and_never_shown(bench):
    answers(bench, "GET", "/readyz", reply(200, {}))
    with open(bench.path("token"), "w", encoding="ascii") as file:
        file.write("# mine\ns3cret-word admin\nsecond\n")
    equal(bench.run("health", "--token-file", bench.path("token")), (0, "ready\n", ""))
    equal(bench.broker.asked("GET", "/readyz")[0].headers["Authorization"], "Bearer s3cret-word")
    equal(bench.run("health", "--token-file", bench.path("none"))[0], 5)
    equal(bench.run("health", SLUICE_TOKEN_FILE=bench.path("token"))[0], 0)


@test
def health_finds_the_broker_beside_it(bench):
    answers(bench, "GET", "/readyz", reply(200, {}))
    port = bench.broker.url.rsplit(":", 1)[1]
    with open(bench.path("tokens"), "w", encoding="ascii") as file:
        file.write("# the broker's own list\nfirst admin\n")
    beside = {"SLUICE_URL": "", "SLUICE_TOKEN_FILE": bench.path("tokens")}
    equal(bench.run("health", SLUICE_LISTEN="0.0.0.0:" + port, **beside), (0, "ready\n", ""))
    equal(bench.run("health", SLUICE_LISTEN="127.0.0.1:1", SLUICE_HEALTH_LISTEN="127.0.0.1:" + port, **beside)[0], 0)
    assert all("Authorization" not in asked.headers for asked in bench.broker.asked("GET", "/readyz"))
    code, _, err = bench.run("health", SLUICE_LISTEN="0.0.0.0:" + port, SLUICE_TLS_CERT="cert", **beside)
    equal(code, 6)
    contains(err, "https://127.0.0.1:" + port)


@test
def proxies_never_stand_before_a_local_broker(bench):
    answers(bench, "GET", "/livez", reply(200, {}))
    equal(bench.run("health", "--live", http_proxy="http://127.0.0.1:9", no_proxy="")[0], 0)


@test
def a_list_is_a_table_and_terminals_are_safe(bench):
    answers(bench, "GET", "/v1/tasks", reply(200, {"items": [TASK], "next_cursor": "abc"}))
    code, out, err = bench.run("task", "list", "--state", "failed,ready", "--created-after", "2026-01-01T00:00:00Z", "-n", "5")
    equal(code, 0)
    head, row = out.splitlines()
    equal(head.split(), ["ID", "STATE", "QUEUE", "TYPE", "ATTEMPT", "AGE", "NAME"])
    equal(row.split()[:5], [ID, "ready", "thumbs", "resize", "0/3"])
    contains(row, "a\\x1b[31mname")
    contains(err, "--cursor abc")
    query = bench.broker.asked("GET", "/v1/tasks")[0].query
    equal(query, {"state": "failed,ready", "created_after": "2026-01-01T00:00:00Z", "limit": "5"})


@test
def all_pages_are_fetched_when_asked_for(bench):
    answers(bench, "GET", "/v1/tasks", reply(200, {"items": [TASK], "next_cursor": "a&b"}),
            reply(200, {"items": [], "next_cursor": "c"}), reply(200, {"items": [TASK], "next_cursor": None}))
    equal(bench.run("task", "list", "--all", "-q", "--queue", "x")[:2], (0, ID + "\n" + ID + "\n"))
    equal([request.query.get("cursor") for request in bench.broker.asked("GET", "/v1/tasks")], [None, "a&b", "c"])


@test
def show_leaves_out_what_is_empty(bench):
    answers(bench, "GET", "/v1/tasks/" + ID, reply(200, task(error={"type": "x", "message": "m"}, result={"a": 1})))
    out = bench.run("task", "show", ID)[1]
    lines = [line.split(None, 1) for line in out.splitlines()]
    assert ["error.type", "x"] in lines and ["result", '{"a": 1}'] in lines and ["queue", "thumbs"] in lines
    assert "progress" not in out and "tags" not in out
    equal(json.loads(bench.run("task", "show", ID, "--json")[1])["name"], "a\x1b[31mname")


@test
def a_result_comes_byte_for_byte(bench):
    path = "/v1/tasks/" + ID + "/result"
    answers(bench, "GET", path, (200, {"Content-Type": "text/plain"}, b"no line end"))
    equal(bench.run("task", "result", ID), (0, "no line end", ""))
    answers(bench, "GET", path, reply(202, {"state": "running"}))
    equal(bench.run("task", "result", ID)[:2], (9, ""))
    answers(bench, "GET", path, problem(409, "task_failed", "it failed"))
    equal(bench.run("task", "result", ID)[:2], (7, ""))
    answers(bench, "GET", path, problem(410, "task_cancelled", "cancelled"))
    equal(bench.run("task", "result", ID)[:2], (8, ""))


@test
def cancel_and_retry_take_several(bench):
    for verb in ("cancel", "retry"):
        answers(bench, "POST", "/v1/tasks/%s/%s" % (ID, verb), reply(200, task(state="cancelled")))
        answers(bench, "POST", "/v1/tasks/x%%2Fy/%s" % verb, problem(404, "not_found", "no such task"))
    code, out, _ = bench.run("task", "cancel", "x/y", ID, "--reason", "because", "--grace", "2", "--wait=5")
    equal((code, out), (3, ID + " cancelled\n"))
    request = bench.broker.asked("POST", "/v1/tasks/%s/cancel" % ID)[0]
    equal((request.json(), request.query), ({"reason": "because", "grace_s": 2}, {"wait": "5.000"}))
    equal(bench.run("task", "retry", ID, "--clone")[:2], (0, ID + " cancelled\n"))
    equal(bench.broker.asked("POST", "/v1/tasks/%s/retry" % ID)[0].query, {"clone": "1"})


@test
def queues_are_listed_shown_paused_and_resumed(bench):
    queue = {"name": "q/1", "paused": True, "counts": {"ready": 5, "running": 2}, "rate": None}
    answers(bench, "GET", "/v1/queues", reply(200, {"items": [queue], "next_cursor": None}))
    answers(bench, "GET", "/v1/queues/q%2F1", reply(200, queue))
    answers(bench, "POST", "/v1/queues/q%2F1/pause", reply(200, queue))
    answers(bench, "POST", "/v1/queues/q%2F1/resume", reply(200, queue))
    equal(bench.run("queue", "list")[1].splitlines()[1].split(), ["5", "2", "0", "0", "0", "0", "0", "paused", "q/1"])
    contains(bench.run("queue", "show", "q/1")[1], "counts.ready    5")
    equal(bench.run("queue", "pause", "q/1", "--for", "90")[:2], (0, "q/1 paused\n"))
    equal(bench.broker.asked("POST", "/v1/queues/q%2F1/pause")[0].json(), {"for_s": 90})
    equal(bench.run("queue", "resume", "q/1")[:2], (0, "q/1 resumed\n"))


@test
def workers_are_listed(bench):
    worker = {"id": ID, "identity": "host", "state": "run", "running": 1, "concurrency": 4, "queues": ["q"],
              "last_seen_at": "2026-01-02T03:04:05.678Z"}
    answers(bench, "GET", "/v1/workers", reply(200, {"items": [worker], "next_cursor": None}))
    equal(bench.run("worker", "list", "-q")[1], ID + "\n")
    contains(bench.run("worker", "list")[1], "1/4")


@test
def colour_is_only_for_terminals_and_only_if_wanted(bench):
    answers(bench, "GET", "/v1/tasks", reply(200, {"items": [task(state="failed")], "next_cursor": None}))
    assert "\x1b" not in bench.run("task", "list")[1]
    assert "\x1b" not in bench.run("task", "list", "--color", "never", FORCE_COLOR="1")[1]
    contains(bench.run("task", "list", "--color", "always")[1], "\x1b[31mfailed")
    contains(bench.run("task", "list", FORCE_COLOR="1")[1], "\x1b[31mfailed")
    assert "\x1b" not in bench.run("task", "list", NO_COLOR="1", FORCE_COLOR="1")[1]
    try:
        main, other = pty.openpty()
    except OSError as error:
        print(f"     no terminal can be had here ({error}): only the plain half was checked")
        return
    subprocess.run([bench.binary, "task", "list"], stdout=other, env=bench.env(TERM="xterm"), check=True)
    contains(os.read(main, 4096), b"\x1b[31mfailed")
    os.close(main)
    os.close(other)


@test
def an_interrupted_wait_is_exit_130_and_says_that_the_task_goes_on(bench):
    answers(bench, "GET", "/v1/tasks/" + ID, reply(200, task(state="running")))
    bench.broker.answers[("GET", "/v1/tasks/" + ID)] = lambda request: (
        bench.broker.lock.wait(3), reply(200, task(state="running")))[1]
    waiting = subprocess.Popen([bench.binary, "wait", ID], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=bench.env())
    threading.Timer(0.5, waiting.send_signal, (signal.SIGINT,)).start()
    begin = time.monotonic()
    _, err = waiting.communicate(timeout=10)
    equal(waiting.returncode, 130)
    assert time.monotonic() - begin < 2
    contains(err.decode(), "goes on")


@test
def a_wait_outlives_a_restart_of_the_broker(bench):
    left = [None, reply(200, task(state="running")), None, problem(503, "draining", "restarting"),
            reply(200, task(state="succeeded"))]
    bench.broker.answers[("GET", "/v1/tasks/" + ID)] = lambda _: left.pop(0)
    equal(bench.run("wait", ID)[:2], (0, ID + " succeeded\n"))


@test
def output_that_cannot_be_written_is_a_failure(bench):
    answers(bench, "GET", "/v1/tasks/" + ID + "/result", (200, {}, b"x" * 100000))
    with open("/dev/full", "wb") as full:
        done = subprocess.run([bench.binary, "task", "result", ID], stdout=full, stderr=subprocess.PIPE, env=bench.env(),
                              check=False)
    equal(done.returncode, 1)


@test
def an_answer_that_is_no_json_is_a_failure(bench):
    for path, words in (("/v1/tasks", ["task", "list"]), ("/v1/tasks/" + ID, ["wait", ID])):
        answers(bench, "GET", path, (200, {"Content-Type": "text/html"}, b"<html>"))
        equal(bench.run(*words)[:2], (1, ""))


@test
def version_is_printed(bench):
    code, out, _ = bench.run("version")
    equal(code, 0)
    contains(out, "sluice ")
    equal(bench.run("--version")[1], out)
    answers(bench, "GET", "/v1/version", reply(200, {"version": "9.9"}))
    equal(bench.run("version", "--server")[1], "broker 9.9\n")


@test
def the_man_page_names_every_option_and_exit_code(bench):
    page = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "man", "sluice.1")
    with open(page, encoding="utf-8") as file:
        text = file.read()
    names = [re.split("  +", line)[1] for line in bench.run("--help")[1].splitlines() if line.startswith("  ")]
    for name in names:
        if name in ("serve", "config", "help"):
            continue
        options = bench.run(*name.split(), "--help")[1].split("\nOptions:\n")[1]  # above them: examples, of curl too
        for option in re.findall(r"^ +(?:-\w, )?--([a-z-]+)", options, re.M):
            assert re.search(r"Fl (\w , )?-%s\b" % option, text), (name, option)
        assert name.split()[0] in text and name.split()[-1] in text, name
    for code in (0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 64, 130):
        contains(text, ".It %d\n" % code)


@test
def the_man_page_has_no_warnings(bench):
    page = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "man", "sluice.1")
    if not shutil.which("groff"):
        return
    done = subprocess.run(["groff", "-mdoc", "-wall", "-Tutf8", page], capture_output=True, check=True)
    equal(done.stderr, b"")
