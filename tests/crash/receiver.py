"""An endpoint that a webhook tells of the ends of tasks: it takes most, refuses some, and remembers what it took."""

import http.server
import json
import random
import threading
import time
from collections import defaultdict

from history import TERMINAL
from wire import Connection

ANSWERS = {204: 90, 503: 6, 500: 2, 0: 2}  # 0: cut without an answer, though it was taken


class Receiver:
    """One URL, served by threads; it outlives the broker."""

    def __init__(self, history, seed):
        self.history = history
        self.rng = random.Random(seed)
        self.is_faithful = False
        self.lock = threading.Lock()
        self.taken = defaultdict(list)  # task id -> (webhook-id, event number, its type), as they came
        self.came = 0
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                receiver.serve(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass  # a broker that was killed hangs up on it

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/told"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def serve(self, request):
        event = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        with self.lock:
            self.came += 1
            weights = ANSWERS if not self.is_faithful else {204: 1}
            status = self.rng.choices(list(weights), list(weights.values()))[0]
            if status in (0, 204):
                self.taken[event["task_id"]].append(
                    (request.headers["webhook-id"], int(event["id"]), event["type"]))
        self.history.note(f"told {status or 'cut'}")
        if status == 0:
            request.close_connection = True
            return
        request.send_response(status)
        if status == 503:
            request.send_header("Retry-After", "1")
        request.send_header("Content-Length", "0")
        request.end_headers()

    def check(self, final):
        """Each end of a task that was acknowledged came; what came of a task came in order, but for repeats."""
        with self.history.lock:
            acknowledged = list(self.history.acknowledged)
        for task in acknowledged:
            told = self.taken.get(task, [])
            state = final.get(task)
            if state in TERMINAL and f"task.{state}" not in [kind for _, _, kind in told]:
                self.history.violate(f"task {task} is {state} and the webhook was told {told}")
        for task, told in self.taken.items():
            seen, last = set(), 0
            for name, number, _ in told:
                if name not in seen and number < last:
                    self.history.violate(f"task {task}: event {number} came after {last}")
                seen.add(name)
                last = max(last, number)
        first = sum(len({name for name, _, _ in told}) for told in self.taken.values())
        print(f"told of {first} ends and claims of {len(self.taken)} tasks, in {self.came} requests")


def set_up(port, receiver):
    status, body = Connection(port).json("PUT", "/v1/webhooks/ends", {
        "url": receiver.url, "types": ["task.claimed", *(f"task.{state}" for state in TERMINAL)]})
    if status not in (200, 201):
        raise AssertionError(f"a webhook was answered {status}: {body}")


def drain(port, timeout_s=60.0):
    """Until nothing is due to it; returns what is left. Those that wait for a rung of minutes are sent at once."""
    connection = Connection(port)
    deadline = time.monotonic() + timeout_s
    while True:
        _, page = connection.json("GET", "/v1/webhooks/ends/deliveries?state=due&limit=500")
        if not page["items"] or time.monotonic() > deadline:
            return len(page["items"])
        for one in page["items"]:
            if one["attempts"] > 1:
                connection.json("POST", f"/v1/webhooks/ends/deliveries/{one['id']}/redeliver", {})
        time.sleep(0.5)
