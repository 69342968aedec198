"""What endpoints answer, or do not: each misbehaviour ends as one explained attempt, frees its slot, and touches nobody
else. All of them misbehave at the same time, beside a worker that is well."""

import base64
import threading
import time

from harness import TERMINAL, check, equal, free_port, until

SHORT_LEASE_S = 3  # for what hangs: a request lasts as long as its lease
LONG_LEASE_S = 300
CUT_S = 120        # what is endless is cut off long before its lease is over
TEXT_MAX = 2048    # of an error's body that is kept
RESULT_MAX = 1024 * 1024
RSS_MAX_KIB = 192 * 1024  # bombs of 64 MiB that are opened, or endless bodies kept, would be beyond
WELL_S = 30

DONE, BROKEN, TIMED_OUT = ("succeeded", None), ("failed", "push_broken"), ("failed", "push_timeout")
STATUS, NOT_REACHED = ("failed", "push_status"), ("failed", "push_unreachable")

# path: (state, type of the error); a set where two are right
ENDS = {
    "ok": DONE, "echo": DONE, "status/201": DONE, "status/204": DONE, "status/206": DONE, "continue": DONE,
    "status/400": STATUS, "status/422": STATUS, "status/404": STATUS, "status/409": STATUS, "status/500": STATUS,
    "status/504": STATUS, "status/304": STATUS, "binary": STATUS, "forged": STATUS,
    "redirect/301/metadata": STATUS, "redirect/302/file": STATUS, "redirect/303/loopback": STATUS,
    "redirect/307/loopback": STATUS, "redirect/308/relative": STATUS, "redirect/302/gopher": STATUS,
    "hang": TIMED_OUT, "hang-head": TIMED_OUT, "drip": TIMED_OUT, "upgrade": {BROKEN, TIMED_OUT, STATUS},
    "hang-body": DONE, "hang-error-body": STATUS, "endless-body/200": DONE, "endless-body/500": STATUS, "big-body": DONE,
    "endless-headers": BROKEN, "huge-header": BROKEN, "wide-head/10": DONE, "wide-head/40": BROKEN, "flood-1xx": BROKEN, "bomb": DONE, "te-bomb": {DONE, BROKEN},
    "cut-body": {DONE, BROKEN}, "cut-head": BROKEN, "reset": BROKEN, "short-length": DONE, "long-length": DONE,
    "bad-length": {BROKEN, DONE}, "garbage-chunks": {BROKEN, DONE}, "junk": BROKEN, "bad-status": {BROKEN, STATUS},
}
HANGS = ("hang", "drip", "upgrade", "unread")
WITHOUT_A_RESULT = ("hang-body", "endless-body/200", "big-body", "cut-body", "long-length")


def queue_of(path):
    return path.replace("/", ".")


def lease_of(path):
    return SHORT_LEASE_S if path.startswith(HANGS) else LONG_LEASE_S


class Well:
    """A worker that is well, and one task after the other for it while the rest misbehaves."""

    def __init__(self, world, broker):
        self.broker = broker
        self.longest_s, self.count, self.error = 0.0, 0, None
        self.stopped = threading.Event()
        broker.worker("well", world.fixture.url("echo/well"))
        self.thread = threading.Thread(target=self._go)
        self.thread.start()

    def _go(self):
        try:
            while not self.stopped.is_set():
                began = time.monotonic()
                self.broker.ended(self.broker.submit("well"), "succeeded")
                self.longest_s = max(self.longest_s, time.monotonic() - began)
                self.count += 1
                time.sleep(0.05)
        except Exception as error:
            self.error = error

    def end(self):
        self.stopped.set()
        self.thread.join()
        if self.error:
            raise self.error
        check(self.count >= 5, f"only {self.count} tasks")
        check(self.longest_s < WELL_S, f"a task of the worker that is well took {self.longest_s:.1f} s")


def every_misbehaviour_is_one_explained_attempt(world):
    broker = world.broker("--push-per-host", "128")
    rss_kib = broker.rss_kib()
    well = Well(world, broker)
    workers = {path: broker.worker(queue_of(path), world.fixture.url(path), concurrency=1)["id"] for path in ENDS}
    slammed = dict(zip(("unread", "slam", "greeting"), ((TIMED_OUT, BROKEN), (BROKEN, NOT_REACHED), (BROKEN,))))
    ports = {name: world.fixture.ports[name] for name in slammed}
    ports["full"], slammed["full"] = world.fixture.full_port(), (NOT_REACHED,)
    ports["closed"], slammed["closed"] = free_port(), (NOT_REACHED,)
    for name, port in ports.items():
        workers[name] = broker.worker(name, world.fixture.url("x", port=port), concurrency=1)["id"]
    wanted = {path: ends if isinstance(ends, set) else {ends} for path, ends in ENDS.items()}
    wanted.update({name: set(ends) for name, ends in slammed.items()})
    tasks = {}
    for path in wanted:
        tasks[path] = [broker.submit(queue_of(path), payload={"path": path}, lease_s=lease_of(path),
                                     retry={"max_attempts": 1}) for _ in range(2)]
    wrong = []
    for path, pair in tasks.items():
        for task in pair:  # the second one shows that the first gave its slot back
            got = broker.ended(task)
            error = got["error"] or {}
            if (got["state"], error.get("type")) not in wanted[path]:
                wrong.append(f"{path}: {got['state']} {error}")
            attempts = broker.attempts(task)
            if not attempts or attempts[-1]["outcome"] != got["state"]:
                wrong.append(f"{path}: attempts {attempts}")
            elif got["state"] == "failed" and not attempts[-1]["error"]["message"]:
                wrong.append(f"{path}: it does not say why: {attempts[-1]}")
    well.end()
    equal(wrong, [])
    late = [one for one in world.fixture.requests if (one.ended_at or time.monotonic()) - one.at > CUT_S]
    equal(late, [], "what was not cut off")
    for path in WITHOUT_A_RESULT:
        check(broker.task(tasks[path][0]).get("result") is None, f"{path}: half a body was taken for a result")
    equal(world.fixture.seen("trap") + world.fixture.seen("trap", method="GET"), [], "redirects that were followed")
    grown = broker.rss_kib() - rss_kib
    check(grown < RSS_MAX_KIB, f"{grown} KiB more")
    for worker in workers.values():
        check(broker.worker_state(worker)["running"] == 0, lambda: f"a slot is held: {broker.worker_state(worker)}")


def an_answer_is_the_result_byte_for_byte(world):
    """Whatever its type; Content-Encoding is not undone."""
    broker = world.broker()
    broker.worker("echo", world.fixture.url("echo"))
    broker.worker("bomb", world.fixture.url("bomb"))
    text = b'{"big":12345678901234567890123,"a":0.1,"a":1,"e":"\\u0041"}'
    first = broker.must("POST", "/queues/echo/tasks", text)["id"]
    broker.ended(first, "succeeded")
    status, raw = broker.ask("GET", f"/tasks/{first}/result")
    equal(status, 200)
    seen = world.fixture.seen("echo")[0]
    equal(seen.body, text)
    equal(raw["big"], 12345678901234567890123)
    octets = bytes(range(256))
    second = broker.must("POST", "/tasks", {"queue": "echo", "payload_base64": base64.b64encode(octets).decode(),
                                            "content_type": "application/x-thing"})["id"]
    got = broker.ended(second, "succeeded")
    equal((base64.b64decode(got["result_base64"]), got["content_type"]), (octets, "application/x-thing"))
    equal(world.fixture.seen("echo")[1].header("Content-Type"), "application/x-thing")
    got = broker.ended(broker.submit("bomb"), "succeeded")
    check(len(got["result_base64"]) < 200_000, "the bomb was opened")


def a_result_of_exactly_the_bound_is_kept(world):
    broker = world.broker()
    broker.worker("echo", world.fixture.url("echo"))
    payload = b'"' + b"x" * (RESULT_MAX - 2) + b'"'
    task = broker.must("POST", "/queues/echo/tasks", payload)["id"]
    got = broker.ended(task, "succeeded")
    equal(len(got["result"]), RESULT_MAX - 2)


def what_was_cut_off_is_told_in_the_tasks_log(world):
    broker = world.broker()
    broker.worker("q", world.fixture.url("big-body"))
    task = broker.submit("q")
    broker.ended(task, "succeeded")
    until(lambda: "sluice.push" in str(broker.ask("GET", f"/tasks/{task}/logs")[1]))


def the_text_of_an_error_is_kept_short_and_harmless(world):
    broker = world.broker()
    for path in ("status/500", "endless-body/500", "binary", "forged"):
        broker.worker(queue_of(path), world.fixture.url(path))
    tasks = {path: broker.submit(queue_of(path), retry={"max_attempts": 1})
             for path in ("status/500", "endless-body/500", "binary", "forged")}
    data = {}
    for path, task in tasks.items():
        error = broker.ended(task, "failed")["error"]
        data[path] = error["data"]
        equal(error["data"]["status"], 500)
        check(all(ord(c) >= 0x20 for c in error["message"]), f"control characters: {error}")
    equal(data["status/500"]["body"], "said 500")
    equal(len(data["endless-body/500"]["body"]), TEXT_MAX)
    equal("body" in data["binary"], False)
    forged = [line for line in broker.log().split("\n") if line.startswith('{"level":"error","event":"forged"')]
    equal(forged, [])


def bad_requests_are_not_repeated(world):
    """400 and 422 mean that it will never do; 404 and 500 that it may."""
    broker = world.broker()
    for status, attempts in ((400, 1), (422, 1), (404, 2), (500, 2)):
        queue = f"s{status}"
        broker.worker(queue, world.fixture.url(f"status/{status}/{queue}"))
        task = broker.submit(queue, retry={"max_attempts": 2, "delays_s": [0.05]})
        equal(broker.ended(task, "failed")["attempt"], attempts, str(status))
        equal(len(world.fixture.seen(f"status/{status}/{queue}")), attempts)


def being_asked_to_slow_down_costs_no_attempt(world):
    """429 and 503, told by seconds and by a date: it comes back not before, and with the same attempt number."""
    broker = world.broker()
    fixture = world.fixture
    cases = ("throttle/429/1/2", "throttle/503/1/2", "throttle-date/429/1/3", "throttle-date/503/1/3")
    tasks = {}
    for path in cases:
        broker.worker(queue_of(path), fixture.url(path), concurrency=1)
        tasks[path] = broker.submit(queue_of(path), retry={"max_attempts": 1})
    for path, task in tasks.items():
        got = broker.ended(task, "succeeded")
        equal((got["attempt"], got["delivery"]), (1, 2), path)
        seen = fixture.seen(path)
        equal(len(seen), 2)
        error = broker.attempts(tasks[path])[0]["error"]
        equal((error["type"], error["data"]["status"]), ("push_status", int(path.split("/")[1])), path)
        waited = seen[1].at - seen[0].at
        check(waited >= 1.9, f"{path}: it came back after {waited:.2f} s")


def a_target_that_is_gone_is_disabled_until_someone_enables_it(world):
    """410: durable, no attempt spent; PATCH state=run."""
    broker = world.broker()
    worker = broker.worker("q", world.fixture.url("status/410"))["id"]
    first, second = broker.submit("q"), broker.submit("q")
    until(lambda: broker.worker_state(worker)["state"] == "disabled")
    until(lambda: broker.counts("q")["ready"] == 2)
    equal(broker.task(first)["attempt"], 0)
    count = len(world.fixture.seen("status/410"))
    check(1 <= count <= 2, f"{count} requests")
    broker.stop()
    broker.start()
    equal(broker.worker_state(worker)["state"], "disabled")
    time.sleep(0.5)
    equal(len(world.fixture.seen("status/410")), count)
    other = broker.worker("q", world.fixture.url("ok"), identity="other")["id"]
    for task in (first, second):
        broker.ended(task, "succeeded")
    broker.must("PATCH", f"/workers/{worker}", {"state": "run"})
    until(lambda: broker.worker_state(worker)["state"] != "disabled")
    broker.must("DELETE", f"/workers/{other}")
    third = broker.submit("q")
    until(lambda: len(world.fixture.seen("status/410")) > count)
    equal(broker.task(third)["state"] in TERMINAL, False)


TESTS = (
    every_misbehaviour_is_one_explained_attempt,
    an_answer_is_the_result_byte_for_byte,
    a_result_of_exactly_the_bound_is_kept,
    what_was_cut_off_is_told_in_the_tasks_log,
    the_text_of_an_error_is_kept_short_and_harmless,
    bad_requests_are_not_repeated,
    being_asked_to_slow_down_costs_no_attempt,
    a_target_that_is_gone_is_disabled_until_someone_enables_it,
)
