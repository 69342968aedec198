"""An endpoint that tasks are pushed to: it answers 200, 500 or 503, or 202 and then ends the task by its lease."""

import http.server
import queue
import random
import threading
import time

from clients import CUT, LEASE_S, Client
from history import TERMINAL, Grant, now
from wire import Connection

QUEUE = "pushed"
ANSWERS = {200: 70, 202: 20, 500: 6, 503: 2, 0: 2}  # 0: cut without an answer


class Target:
    """One URL, served by threads, that remembers what it was sent; it outlives the broker."""

    def __init__(self, history, seed):
        self.history = history
        self.rng = random.Random(seed)
        self.is_faithful = False
        self.kills = 0             # of the broker
        self.seen = set()          # task ids that arrived
        self.accepted = queue.Queue()
        self.lock = threading.Lock()
        target = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                target.serve(self)

            def do_DELETE(self):
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a broker that was killed hangs up on it

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/run"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def serve(self, request):
        request.rfile.read(int(request.headers.get("Content-Length") or 0))
        task, lease = request.headers["Task-Id"], request.headers["Task-Lease"]
        with self.lock:
            self.seen.add(task)
            status = 200 if self.is_faithful else self.rng.choices(list(ANSWERS), list(ANSWERS.values()))[0]
            pause = self.rng.random() * 0.03
        # When it was granted is not known here, so its end counts from its coming; it lasts longer than that.
        grant = Grant(task, lease, QUEUE, now(), now(), LEASE_S)
        self.history.granted(grant)
        time.sleep(pause)
        grant.ends(now())
        self.history.note(f"pushed {status or 'cut'}")
        if status == 202:
            self.accepted.put((task, lease, now(), self.kills))
        if status == 0:
            request.close_connection = True
            return
        request.send_response(status)
        request.send_header("Content-Length", "0")
        request.end_headers()


class Completer(Client):
    """Ends what the target has accepted, some of it only after the broker was killed."""

    target = None

    def act(self):
        try:
            task, lease, at, kills = self.target.accepted.get(timeout=0.1)
        except queue.Empty:
            return
        time.sleep(self.rng.random() * 0.5)
        while now() - at < LEASE_S:
            try:
                status, body = self.call(f"/v1/leases/{lease}/complete", {})
            except CUT:
                self.hang_up()
                time.sleep(0.05)
                continue
            after = ", a kill later" if self.target.kills > kills else ""
            self.history.note(f"accepted, completed {status}{after}")
            if status == 200:
                self.history.ended(task, body["state"])
            elif status == 409 and now() - at < LEASE_S:
                self._is_over(task, after)
            elif status not in (409, 503):
                self.history.violate(f"complete of an accepted task was answered {status}: {body}")
            return

    def _is_over(self, task, after):
        """The lease was its holder's until then: only an end of the task can have taken it."""
        status, body = self.call(f"/v1/tasks/{task}", method="GET")
        if status == 200 and body["state"] not in TERMINAL:
            self.history.violate(f"task {task} was accepted and its lease lost{after}: {body['state']}")


def register(port, target):
    """Announces the target; the worker is there for good, whatever becomes of the broker."""
    status, body = Connection(port).json("POST", "/v1/workers", {
        "identity": "endpoint", "mode": "push", "queues": [QUEUE], "concurrency": 8, "push_url": target.url})
    if status != 201:
        raise AssertionError(f"a push worker was answered {status}: {body}")
