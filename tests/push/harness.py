"""What the tests of pushing share: brokers that may call loopback addresses, workers that are URLs, what became of tasks."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))

from broker import Broker, free_port  # noqa: E402, F401  (the path must be set first)
from fixture import Fixture  # noqa: E402

PATIENCE_S = 120  # how soon something comes is no part of a test, only that it comes
TERMINAL = ("succeeded", "failed", "cancelled", "expired")


class World:
    """What a test gets: the fixture, and brokers that are ended after it."""

    def __init__(self, binary):
        self.binary = os.path.abspath(binary)
        self.folder = tempfile.mkdtemp(prefix="sluice-push-")
        self.fixture = Fixture().start()
        self.brokers = []

    def broker(self, *options, clock="system", allow="127.0.0.0/8", env=None, wrap=()):
        words = [*options, *(["--push-allow", allow] if allow else [])]
        broker = Pusher(self.binary, words, clock, env or {}, wrap)
        self.brokers.append(broker)
        return broker.start()

    def close(self):
        for broker in self.brokers:
            broker.dispose()
        self.fixture.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Pusher(Broker):
    """A broker with the calls that these tests make."""

    def __init__(self, binary, options, clock, env, wrap):
        super().__init__(binary, options, clock)
        self.env, self.wrap = env, list(wrap)

    def command(self):
        pairs = [f"{key}={value}" for key, value in self.env.items()]
        return [*self.wrap, *(["env", *pairs] if pairs else []), *super().command()]

    def ask(self, method, path, body=None, headers=(), timeout_s=90):
        """(status, JSON or text) of a call below /v1."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method, "/v1" + path, data, {"Content-Type": "application/json", **dict(headers)})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(text or b"null")
        except ValueError:
            return answer.status, text.decode("utf-8", "replace")

    def must(self, method, path, body=None, **options):
        status, answer = self.ask(method, path, body, **options)
        if not 200 <= status < 300:
            raise AssertionError(f"{method} {path}: {status} {answer}")
        return answer

    def worker(self, queue, url, concurrency=4, **members):
        """Registers a URL as the worker of a queue."""
        return self.must("POST", "/workers", {"identity": members.pop("identity", f"push-{queue}"), "queues": [queue],
                                              "mode": "push", "push_url": url, "concurrency": concurrency, **members})

    def submit(self, queue, payload=None, **members):
        members.setdefault("payload", {} if payload is None else payload)
        return self.must("POST", "/tasks", {"queue": queue, **members})["id"]

    def submit_many(self, queue, count, **members):
        ids = []
        for begin in range(0, count, 500):
            tasks = [{"queue": queue, "payload": {"n": n}, **members} for n in range(begin, min(count, begin + 500))]
            ids += [item["id"] for item in self.must("POST", "/tasks/batch", tasks)["items"]]
        return ids

    def task(self, task):
        return self.must("GET", f"/tasks/{task}")

    def attempts(self, task):
        return self.must("GET", f"/tasks/{task}/attempts")["items"]

    def counts(self, queue):
        return self.must("GET", f"/queues/{queue}")["counts"]

    def advance(self, seconds):
        self.must("POST", "/test/advance", {"s": seconds})

    def ended(self, task, state=None):
        """The task when it is over."""
        until(lambda: self.task(task)["state"] in TERMINAL, lambda: f"the task is not over: {self.told(task)}")
        got = self.task(task)
        if state is not None and got["state"] != state:
            raise AssertionError(f"it {got['state']}, not {state}: {self.told(task)}")
        return got

    def told(self, task):
        """All that is known of a task, for messages."""
        return json.dumps({"task": self.task(task), "attempts": self.attempts(task)})

    def worker_state(self, worker):
        return next((one for one in self.must("GET", "/workers?limit=500")["items"] if one["id"] == worker), None)

    def metric(self, name):
        """The sum of a metric's samples; None where there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        connection.close()
        values = [float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((name + " ", name + "{"))]
        return sum(values) if values else None

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()


def until(is_so, what="it did not come to pass", timeout_s=PATIENCE_S):
    """Wait for something that must come."""
    end = time.monotonic() + timeout_s
    while not (got := is_so()):
        if time.monotonic() > end:
            raise AssertionError(what() if callable(what) else what)
        time.sleep(0.03)
    return got


def never(is_so, for_s, what="it came to pass"):
    """Watch for a while that something does not happen; a pass proves little, a failure everything."""
    end = time.monotonic() + for_s
    while time.monotonic() < end:
        if is_so():
            raise AssertionError(what() if callable(what) else what)
        time.sleep(0.05)


def equal(got, wanted, what=""):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r}, not {wanted!r}" if what else f"{got!r}, not {wanted!r}")


def check(is_so, what):
    if not is_so:
        raise AssertionError(what() if callable(what) else what)


def signatures(secret, request):
    """The header's signatures, and the one that this secret gives, by Standard Webhooks 1.0.0."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{request.header('webhook-id')}.{request.header('webhook-timestamp')}.".encode() + request.body
    right = "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return (request.header("webhook-signature") or "").split(" "), right


def signed_by(secret, request):
    given, right = signatures(secret, request)
    return right in given


def build_shim(folder):
    """The look-ups of names in the test's hands: the path of a library to preload."""
    path = os.path.join(folder, "resolve_shim.so")
    done = subprocess.run([os.environ.get("CC", "cc"), "-std=gnu17", "-O1", "-shared", "-fPIC", "-o", path,
                           os.path.join(HERE, "resolve_shim.c"), "-ldl"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return path
