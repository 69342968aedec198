"""The load: submitters with keys, workers that finish, fail or vanish, and cancellers."""

import http.client
import random
import threading
import time

from history import Grant, now
from wire import Connection

LEASE_S = 2.0
QUEUES = ("capped", "free")
CUT = (OSError, http.client.HTTPException, ValueError)
RETRY = {"max_attempts": 1000, "max_crashes": 1000, "delays_s": [0.05]}


def queue_of(key):
    """Of the task that is submitted with the key; the last of the queues is pushed to an endpoint."""
    return ("capped", "free", "free", "pushed")[int(key.rsplit("-", 1)[1]) % 4]


class Client(threading.Thread):
    """A thread with one connection that it opens again whenever the broker was killed."""

    def __init__(self, port, history, stop, seed):
        super().__init__(daemon=True)
        self.port = port
        self.history = history
        self.stop = stop
        self.rng = random.Random(seed)
        self.connection = None

    def run(self):
        while not self.stop.is_set():
            try:
                self.act()
            except CUT:
                self.history.note("cut")
                self.hang_up()
                time.sleep(0.02)
            except Exception as error:  # a bug in a client must fail the run, not hide
                self.history.violate(f"{type(self).__name__} broke: {error!r}")
                return
        self.hang_up()

    def hang_up(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def call(self, path, value=None, headers=(), method="POST"):
        if self.connection is None:
            self.connection = Connection(self.port, timeout_s=10)
        status, body = self.connection.json(method, path, value, headers)
        if status >= 500:
            self.history.note(f"answered {status}")
        return status, body


class Submitter(Client):
    """Repeats a submit with its key until it is acknowledged."""

    sequence = 0
    pending = None

    def act(self):
        if self.pending is None:
            self.sequence += 1
            self.pending = f"{self.name}-{self.sequence}"
        # the body follows from the key: a repeat must be the same request
        body = {"queue": queue_of(self.pending), "payload": self.pending, "lease_s": LEASE_S, "retry": RETRY}
        status, task = self.call("/v1/tasks", body, [("Idempotency-Key", self.pending)])
        if status == 201:
            self.history.submitted(self.pending, task["id"])
            self.pending = None
        elif status < 500:
            self.history.violate(f"a submit was answered {status}: {task}")
        time.sleep(self.rng.random() * 0.04)


class Worker(Client):
    """Claims, and completes, fails, releases or forgets what it got."""

    worker_id = None
    verbs = {"complete": 85, "fail": 8, "release": 4, "forget": 3}

    def act(self):
        if self.worker_id is None:
            self._register()
            return
        sent = now()
        status, body = self.call(f"/v1/workers/{self.worker_id}/claim?wait=1", {"max": 2})
        got = now()
        if status == 404:
            self.worker_id = None
        elif status == 200:
            for task in body["tasks"]:
                self._take(task, sent, got)
            for task in body["tasks"]:
                self._work(task)
        elif status not in (204, 503):
            self.history.violate(f"a claim was answered {status}: {body}")

    def _register(self):
        status, body = self.call("/v1/workers", {"identity": "load", "instance": self.name,
                                                 "queues": list(QUEUES), "concurrency": 2})
        if status == 201:
            self.worker_id = body["id"]

    def _take(self, task, sent, got):
        task["grant"] = Grant(task["id"], task["lease"], task["queue"], sent, got, LEASE_S)
        self.history.granted(task["grant"])

    def _work(self, task):
        time.sleep(self.rng.random() * 0.03)
        verb = self.rng.choices(list(self.verbs), list(self.verbs.values()))[0]
        if verb == "forget":
            self.history.note("forgotten")
            return
        task["grant"].ends(now())
        status, body = self.call(f"/v1/leases/{task['lease']}/{verb}", {})
        self.history.note(f"{verb} {status}")
        if status == 200:
            self.history.ended(task["id"], body["state"])
            if verb == "complete" and body["state"] != "succeeded":
                self.history.violate(f"complete of {task['id']} was answered {body['state']}")
        elif status not in (409, 503):
            self.history.violate(f"{verb} was answered {status}: {body}")


class Finisher(Worker):
    """Completes all it gets, so that the queues run empty."""

    verbs = {"complete": 1}


class Canceller(Client):
    """Cancels some of the newest tasks, and some of those that were just handed out."""

    def act(self):
        time.sleep(0.02 + self.rng.random() * 0.05)
        with self.history.lock:
            recent = list(self.history.acknowledged)[-30:]
            recent += [grant.task for grant in self.history.grants[-10:]] * 3
        if not recent:
            return
        task = self.rng.choice(recent)
        status, body = self.call(f"/v1/tasks/{task}/cancel", {"reason": "crash test"})
        self.history.note(f"cancel {status}")
        if status == 200:
            self.history.ended(task, body["state"])
        elif status == 404:
            self.history.violate(f"task {task} was acknowledged, its cancel says 404")
        elif status not in (202, 503):
            self.history.violate(f"a cancel was answered {status}: {body}")
