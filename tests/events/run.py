#!/usr/bin/python3
"""Streams of events: what they say, that nothing is lost or said twice, whom they end for, and that many cost little.

Usage: tests/events/run.py --binary PATH [--subscribers N] [NAME-PART...]
"""

import argparse
import http.client
import json
import os
import resource
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "support")]

from broker import Broker  # noqa: E402  (the path must be set first)
from listener import Faithful, Listener  # noqa: E402

SUBSCRIBERS = 2000


class Bench:
    """One broker and what was opened on it."""

    def __init__(self, binary, subscribers):
        self.binary, self.subscribers = binary, subscribers
        self.broker, self.opened = None, []

    def start(self, *options, clock="real", tokens=()):
        self.broker = Broker(self.binary, options, clock)
        if tokens:
            path = os.path.join(self.broker.folder, "tokens")
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(tokens) + "\n")
            os.chmod(path, 0o600)
            self.broker.options += ["--token-file", path]
            self.broker.probe_wanted = 200
        self.broker.start()
        return self.broker

    def ask(self, method, path, body=None, token=None):
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        connection = http.client.HTTPConnection("127.0.0.1", self.broker.port, timeout=20)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read().decode()
            return response.status, json.loads(text) if text.startswith("{") else text
        finally:
            connection.close()

    def must(self, method, path, body=None, token=None):
        status, answer = self.ask(method, path, body, token)
        if status >= 300:
            raise AssertionError(f"{method} {path}: {status} {answer}")
        return answer

    def submit(self, queue="q", token=None, ns=None, **more):
        path = "/v1/tasks" if ns is None else f"/v1/ns/{ns}/tasks"
        return self.must("POST", path, {"queue": queue, "type": "t", **more}, token)["id"]

    def listen(self, path="/v1/events", **how):
        listener = Listener(self.broker.port, path, **how)
        self.opened.append(listener)
        return listener

    def worker(self, queue="q"):
        return self.must("POST", "/v1/workers", {"identity": "w", "queues": [queue], "concurrency": 10})["id"]

    def claim(self, worker):
        return self.must("POST", f"/v1/workers/{worker}/claim", {})["tasks"][0]

    def metric(self, name):
        for line in self.must("GET", "/metrics").splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        return 0.0

    def close(self):
        for listener in self.opened:
            listener.close()
        if self.broker is not None:
            self.broker.dispose()


def equal(got, wanted, what="it"):
    if got != wanted:
        raise AssertionError(f"{what} is {got!r}, not {wanted!r}")


# ---- what is said ----

# row 57: a stream of a task shows its progress lines as they come
def a_task_is_followed_to_its_end(bench):
    bench.start()
    task = bench.submit()
    of_task, of_all = bench.listen(f"/v1/tasks/{task}/events"), bench.listen(f"/v1/events?task={task}")
    equal(of_task.headers["content-type"], "text/event-stream")
    equal(of_task.headers["x-accel-buffering"], "no")
    equal(of_task.headers["cache-control"], "no-store")
    lease = bench.claim(bench.worker())["lease"]
    for percent in (10, 60):
        bench.must("POST", f"/v1/leases/{lease}/progress", {"percent": percent})
    bench.submit()  # another one
    bench.must("POST", f"/v1/leases/{lease}/complete", {"ok": True})
    said = of_task.wait_end()
    equal([one.object["data"]["percent"] for one in said if one.type == "task.progress"], [10, 60])
    equal(of_task.types[-2:], ["task.succeeded", "bye"])
    equal(of_task.retry, 2000)
    equal({one.object["task_id"] for one in said if one.id}, {task})
    of_all.wait_for("task.claimed", "task.progress", "task.succeeded")
    equal(of_all.is_ended, False, "the end of a stream that only filters")
    one = said[0].object
    equal(sorted(one), ["at", "data", "id", "namespace", "queue", "task_id", "task_type", "type"])
    # What has ended is not followed again.
    equal(bench.ask("GET", f"/v1/tasks/{task}/events")[0], 204)
    equal(bench.ask("GET", f"/v1/tasks/{task}/events?after={said[-2].id}")[0], 204)
    again = bench.listen(f"/v1/tasks/{task}/events?after=0")
    again.wait_end()
    equal(again.ids[-len(of_task.ids):], of_task.ids)
    equal(bench.ask("GET", "/v1/tasks/0198b2f0-1111-7222-8333-444455556666/events")[0], 404)


def what_each_kind_says(bench):
    bench.start(clock="manual")
    bench.must("PUT", "/v1/limits/gpu", {"max_running": 1})
    worker = bench.worker()
    heard = bench.listen("/v1/events")

    def of(kind):
        return [one.object for one in heard.said if one.type == kind]

    def told(kind, count=1):
        heard.wait(lambda this: len([one for one in this.said if one.type == kind]) >= count)
        equal(len(of(kind)), count, kind)
        return of(kind)[-1]

    first, second = (bench.submit(limits=["gpu"]) for _ in range(2))
    lease = bench.claim(worker)["lease"]
    bench.must("POST", f"/v1/workers/{worker}/claim", {})
    data = told("limit.saturated")["data"]
    equal((data["limit"], data["running"], data["max"], data["queue"]), ("gpu", 1, 1, "q"))
    bench.must("POST", f"/v1/leases/{lease}/progress", {"percent": 40, "message": "half", "data": {"row": 7}})
    one = told("task.progress")
    equal((one["task_id"], one["queue"], one["task_type"]), (first, "q", "t"))
    equal(one["data"], {"percent": 40, "message": "half", "data": {"row": 7}})
    bench.must("POST", f"/v1/leases/{lease}/logs", {"level": "error", "logger": "l", "message": "bad"})
    data = told("task.log")["data"]
    equal((data["level"], data["logger"], data["message"]), ("error", "l", "bad"))
    bench.must("POST", f"/v1/leases/{lease}/fail", {"type": "Oops", "message": "m", "retryable": False})
    data = told("task.failed")["data"]
    equal((data["handled"], data["error"]["type"]), (False, "Oops"))
    lease = bench.claim(worker)["lease"]
    waiting = threading.Thread(target=bench.ask, args=("GET", f"/v1/tasks/{second}?wait=60"))
    waiting.start()
    time.sleep(0.3)
    bench.must("POST", f"/v1/leases/{lease}/fail", {"type": "Oops", "message": "m", "retryable": False})
    equal(told("task.failed", 2)["data"]["handled"], True)
    waiting.join()
    third = bench.submit()
    bench.claim(worker)
    bench.must("POST", f"/v1/tasks/{third}/cancel", {"grace_s": 3, "reason": "enough"})
    bench.must("POST", "/v1/test/advance", {"s": 2})
    equal(of("task.cancelled"), [], "within its grace time")
    bench.must("POST", "/v1/test/advance", {"s": 1.5})
    one = told("task.cancelled")
    equal((one["task_id"], one["data"]),
          (third, {"reason": "enough", "abandoned": True, "detail": "closing timed out"}))
    bench.must("POST", f"/v1/tasks/{bench.submit()}/cancel", {})
    equal(told("task.cancelled", 2)["data"], {"reason": "user", "abandoned": False})
    equal(of("queue.idle"), [], "the queue before it was idle for a second")
    bench.must("POST", "/v1/test/advance", {"s": 2})
    equal(told("queue.idle")["queue"], "q")


def filters_hold_live_and_from_the_log(bench):
    bench.start()
    paths = {"/v1/events?type=worker.*": {"worker.registered"}, "/v1/events?queue=a-*": {"a-1"},
             "/v1/ns/other/events": {"other"}}
    live = {path: bench.listen(path) for path in paths}
    for queue in ("a-1", "b"):
        bench.submit(queue)
    bench.submit("c", ns="other")
    bench.worker("a-1")
    bench.submit("a-1")
    live["/v1/events?queue=a-*"].wait(lambda this: len(this.said) == 2)
    live["/v1/events?type=worker.*"].wait_for("worker.registered")
    live["/v1/ns/other/events"].wait_for("task.submitted")
    for path, listener in live.items():
        later = bench.listen(path + ("&" if "?" in path else "?") + "after=0")
        later.wait(lambda this, of=listener: len(this.said) == len(of.said))
        equal(later.ids, listener.ids, path)
    equal({one.object["queue"] for one in live["/v1/events?queue=a-*"].said}, {"a-1"})
    equal(live["/v1/events?type=worker.*"].types, ["worker.registered"])
    equal([one.object["namespace"] for one in live["/v1/ns/other/events"].said], ["other"])


def what_is_malformed_is_refused(bench):
    bench.start()
    for query in ("after=x", "type=task.nope", "queue=a%20b", "task=1", "group=g", "nope=1", "after=-1"):
        equal(bench.ask("GET", f"/v1/events?{query}")[0], 400, query)
    equal(bench.listen(last_id="1.5").status, 400, "a wrong Last-Event-ID")


def the_command_prints_and_comes_back(bench):
    broker = bench.start()
    task = bench.submit("q")
    line = [bench.binary, "watch", "--url", f"http://127.0.0.1:{broker.port}", "--json"]
    everything = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    of_task = subprocess.Popen([*line, "--task", task, "--after", "0"], stdout=subprocess.PIPE, text=True)
    time.sleep(0.7)
    broker.kill()
    broker.start()
    bench.submit("r")
    bench.must("POST", f"/v1/tasks/{task}/cancel", {})
    said = [json.loads(one) for one in of_task.communicate(timeout=20)[0].splitlines()]
    equal([one["type"] for one in said], ["task.submitted", "task.cancelled"])
    equal(of_task.returncode, 0)
    equal([json.loads(everything.stdout.readline())["type"] for _ in range(2)], ["task.submitted", "task.cancelled"])
    everything.send_signal(signal.SIGINT)
    equal(everything.wait(10), 0, "the exit code when interrupted")


# ---- nothing is lost, nothing is said twice ----

def an_id_that_is_too_old_or_to_come_is_a_reset(bench):
    bench.start(clock="manual")
    for _ in range(5):
        bench.submit()
    bench.must("POST", "/v1/test/advance", {"s": 25 * 3600})
    bench.must("POST", "/v1/test/advance", {"s": 10})
    listener = bench.listen(last_id=1)
    listener.wait_for("reset")
    equal(listener.said[0].object, {"first": "5", "last": "5"})
    equal(listener.said[0].id, 5)
    bench.submit()
    listener.wait_for("task.submitted")
    listener.close()
    listener = bench.listen(last_id=10**9)
    listener.wait_for("reset")
    equal(bench.metric("sluice_event_resets_total"), 2.0, "the count of resets")


def restarts_lose_nothing_and_repeat_nothing(bench):
    broker = bench.start()
    faithful = [Faithful(broker.port, path, last_id=0) for path in ("/v1/events",) * 3]
    is_over = threading.Event()
    taken = []

    def produce():
        while not is_over.is_set():
            try:
                taken.append(bench.submit())
            except (OSError, http.client.HTTPException, AssertionError):
                time.sleep(0.01)

    producers = [threading.Thread(target=produce, daemon=True) for _ in range(4)]
    for producer in producers:
        producer.start()
    for turn in range(4):
        time.sleep(0.7)
        if turn % 2 == 0:
            broker.kill()
        else:
            broker.signal(signal.SIGTERM)
            broker.wait_exit()
        broker.start()
    time.sleep(0.5)
    is_over.set()
    for producer in producers:
        producer.join()
    newest = bench.listen("/v1/events?after=0")
    newest.wait(lambda this: len(this.said) >= len(taken))
    time.sleep(0.3)
    last = newest.ids[-1]
    for one in faithful:
        one.wait_id(last)
        one.stop()
        if one.ids != list(range(1, last + 1)):
            wrong = [number for at, number in enumerate(one.ids) if at and number != one.ids[at - 1] + 1]
            raise AssertionError(f"gaps or repetitions at {wrong[:10]}")
        if one.connections < 5:
            raise AssertionError(f"it came back {one.connections} times only")
        if "reset" in one.others:
            raise AssertionError("it was reset")
    if "bye" not in faithful[0].others + faithful[1].others + faithful[2].others:
        raise AssertionError("a clean stop said nothing")
    print(f"     {last} events, {len(taken)} tasks, {faithful[0].connections} connections each")


def a_stop_says_goodbye_after_the_last_events(bench):
    broker = bench.start()
    listener = bench.listen()
    worker = bench.worker()
    bench.submit()
    lease = bench.claim(worker)["lease"]
    broker.signal(signal.SIGTERM)
    time.sleep(0.3)
    bench.must("POST", f"/v1/leases/{lease}/complete", {"ok": True})
    broker.wait_exit()
    listener.wait_end()
    if "task.succeeded" not in listener.types or listener.types[-1] != "bye":
        raise AssertionError(f"it ended with {listener.types}")


# ---- who may see ----

TOKENS = ("viewer-of-all-000000001 viewer", "viewer-of-a-0000000001 viewer queue=a-*",
          "viewer-of-team-00000001 viewer ns=team", "admin-of-everything-0001 admin")
ADMIN = "admin-of-everything-0001"


def a_token_sees_its_own_and_no_more_once_it_is_revoked(bench):
    bench.start(tokens=TOKENS)
    equal(bench.listen().status, 401)
    equal(bench.listen("/v1/ns/default/events", token="viewer-of-team-00000001").status, 403)
    viewer = bench.listen(token="viewer-of-all-000000001")
    of_a = bench.listen(token="viewer-of-a-0000000001")
    team = bench.listen(token="viewer-of-team-00000001")
    made = bench.must("POST", "/v1/tokens", {"role": "viewer", "name": "short"}, ADMIN)
    short = bench.listen(token=made["token"])
    for queue in ("a-1", "b"):
        task = bench.submit(queue, ADMIN)
    bench.submit("a-1", ADMIN, "team")
    viewer.wait(lambda this: len(this.said) == 2)
    short.wait(lambda this: len(this.said) == 2)
    team.wait(lambda this: len(this.said) == 1)
    of_a.wait(lambda this: len(this.said) == 1)
    equal(bench.ask("GET", f"/v1/tasks/{task}/events", token="viewer-of-a-0000000001")[0], 404)
    bench.must("DELETE", f"/v1/tokens/{made['id']}", token=ADMIN)
    bench.submit("a-2", ADMIN)
    short.wait_end()
    equal(short.types, ["task.submitted", "task.submitted", "bye"])
    viewer.wait(lambda this: len(this.said) == 3)
    of_a.wait(lambda this: len(this.said) == 2)
    equal({one.object["queue"] for one in of_a.said}, {"a-1", "a-2"})
    equal([one.object["namespace"] for one in team.said], ["team"])


def streams_are_bounded(bench):
    bench.start("--streams-max", "2", "--parked-per-token", "1", tokens=TOKENS)
    first = bench.listen(token=ADMIN)
    equal(first.status, 200)
    equal(bench.listen(token=ADMIN).status, 429)
    equal(bench.listen(token="viewer-of-all-000000001").status, 200)
    equal(bench.listen(token="viewer-of-a-0000000001").status, 503)
    first.close()
    deadline = time.monotonic() + 25
    while bench.listen(token=ADMIN).status != 200:
        if time.monotonic() > deadline:
            raise AssertionError("who has gone is not noticed")
        time.sleep(0.5)


# ---- many, and slow ones ----

def who_reads_slowly_holds_up_nobody_and_misses_nothing(bench):
    broker = bench.start()
    slow, quick = bench.listen(reads=False), bench.listen()
    lines = "".join(json.dumps({"queue": "q", "type": "t" * 200}) + "\n" for _ in range(5000))
    before = broker.rss_kib()
    for _ in range(8):
        connection = http.client.HTTPConnection("127.0.0.1", broker.port, timeout=60)
        connection.request("POST", "/v1/tasks/batch", lines, {"Content-Type": "application/x-ndjson"})
        equal(connection.getresponse().status, 200)
        connection.close()
    quick.wait(lambda this: len(this.said) == 40000, 60)
    grown = broker.rss_kib() - before
    slow.read_on()
    slow.wait(lambda this: len(this.said) == 40000, 60)
    equal(slow.ids, quick.ids, "what the slow one got")
    if bench.metric("sluice_event_pages_total") < 10:
        raise AssertionError("it was not behind at all")
    print(f"     40,000 events; the broker grew by {grown // 1024} MiB")


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_many(broker, paths):
    sockets = []
    for path in paths:
        one = socket.create_connection(("127.0.0.1", broker.port))
        one.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        sockets.append(one)
    for one in sockets:
        text = b""
        while b"retry: 2000" not in text:
            piece = one.recv(4096)
            if not piece:
                raise AssertionError(f"refused: {text[:200]}")
            text += piece
    return sockets


def count_ids(sockets, least, timeout=60):
    """Reads until each has had so many events."""
    selector = selectors.DefaultSelector()
    counts = dict.fromkeys(sockets, 0)
    for one in sockets:
        one.setblocking(False)
        selector.register(one, selectors.EVENT_READ)
    missing = set(sockets)
    deadline = time.monotonic() + timeout
    while missing and time.monotonic() < deadline:
        for key, _ in selector.select(0.5):
            counts[key.fileobj] += key.fileobj.recv(65536).count(b"\nevent: task.")
            if counts[key.fileobj] >= least:
                missing.discard(key.fileobj)
    if missing:
        raise AssertionError(f"{len(missing)} of {len(sockets)} did not get {least} events")


def many_subscribers_cost_little(bench):
    count = bench.subscribers
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * count + 1000)), hard))
    broker = bench.start("--connections-per-address", "0", "--rate-per-address", "0")
    pid = broker.pid
    before = broker.rss_kib()
    tasks = [bench.submit("idle") for _ in range(20)]
    sockets = open_many(broker, [f"/v1/tasks/{tasks[at % 20]}/events" for at in range(count)])
    of_tasks_kib = (broker.rss_kib() - before) / count
    began_s = cpu_s(pid)
    for _ in range(200):
        bench.submit()
    per_other_us = (cpu_s(pid) - began_s) / 200 * 1e6
    for one in sockets:
        one.close()
    time.sleep(0.5)
    sockets = open_many(broker, ["/v1/events"] * count)
    began_s = cpu_s(pid)
    for _ in range(10):
        bench.submit()
    count_ids(sockets, 10)
    per_told_us = (cpu_s(pid) - began_s) / (10 * count) * 1e6
    time.sleep(1)
    began_s = cpu_s(pid)
    time.sleep(2)
    idle = (cpu_s(pid) - began_s) / 2
    for one in sockets:
        one.close()
    print(f"     {count} streams: {of_tasks_kib:.1f} KiB each; a submit of another task {per_other_us:.0f} us of "
          f"processor in all; an event told to one {per_told_us:.1f} us; quiet {idle * 100:.1f} % of a processor")
    if idle > 0.5:
        raise AssertionError("quiet streams are busy")


TESTS = (a_task_is_followed_to_its_end, what_each_kind_says, filters_hold_live_and_from_the_log, what_is_malformed_is_refused,
         the_command_prints_and_comes_back,
         an_id_that_is_too_old_or_to_come_is_a_reset, restarts_lose_nothing_and_repeat_nothing,
         a_stop_says_goodbye_after_the_last_events, a_token_sees_its_own_and_no_more_once_it_is_revoked,
         streams_are_bounded, who_reads_slowly_holds_up_nobody_and_misses_nothing, many_subscribers_cost_little)


def run_one(test, options):
    """None when it passed, else why not."""
    bench = Bench(options.binary, options.subscribers)
    try:
        test(bench)
        return None
    except Exception:  # whatever it is, the other tests go on
        return traceback.format_exc(limit=-3) + (bench.broker.log_tail(10) if bench.broker else "")
    finally:
        bench.close()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binary", required=True)
    arguments.add_argument("--subscribers", type=int, default=SUBSCRIBERS)
    arguments.add_argument("parts", nargs="*")
    options = arguments.parse_args()
    chosen = [test for test in TESTS if not options.parts or any(part in test.__name__ for part in options.parts)]
    failed = 0
    for test in chosen:
        why = run_one(test, options)
        failed += why is not None
        print(f"{'ok  ' if why is None else 'FAIL'} {test.__name__.replace('_', ' ')}", flush=True)
        if why is not None:
            print(why)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
