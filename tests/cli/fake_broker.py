"""A broker that does only what a test tells it to, and remembers everything it was asked."""

import json
import socket
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Request:
    def __init__(self, method, target, headers, body):
        parts = urlsplit(target)
        self.method, self.path, self.headers, self.body = method, parts.path, headers, body
        self.query = {key: values[0] for key, values in parse_qs(parts.query).items()}

    def json(self):
        return json.loads(self.body)


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that goes away in the middle is part of many tests."""


class FakeBroker:
    def __init__(self):
        self.lock = threading.Condition()
        self.requests = []       # all of them, in order
        self.ready = []          # tasks that wait for a claim: raw JSON bytes
        self.outcomes = {}       # lease -> list of (verb, content type, body)
        self.progress = {}       # lease -> list of bodies
        self.logs = {}           # lease -> bytes
        self.cancels = []        # entries of the heartbeat's list
        self.lost = []
        self.told = set()
        self.workers = set()
        self.state = "run"
        self.answers = {}        # (method, path) -> function(request) -> (status, headers, body)
        self.is_away = False     # connections are cut without an answer
        self.busy_for = 0        # so many answers are 503 with Retry-After: 1
        self.stale = set()       # leases that are somebody else's
        self.refuse_results = False
        self.server = QuietServer(("127.0.0.1", 0), self._handler())
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        with self.lock:
            self.is_away = True
            self.lock.notify_all()
        self.server.shutdown()
        self.server.server_close()

    # What tests say

    def offer(self, payload=b"null", lease=None, **members):
        """Put one task there; payload is raw JSON, and goes out byte for byte. Returns its lease."""
        lease = lease or "lease-" + uuid.uuid4().hex[:8]
        task = {"id": str(uuid.uuid4()), "type": "test", "queue": "q", "attempt": 1, "max_attempts": 3,
                "lease": lease, "claimed_at": "2026-01-02T03:04:05.000Z", "attempt_deadline_at": None}
        task.update(members)
        text = json.dumps(task).encode()
        if payload is not None:
            text = text[:-1] + b', "payload": ' + payload + b"}"
        with self.lock:
            self.ready.append(text)
            self.lock.notify_all()
        return lease

    def cancel(self, lease, grace_s=10):
        with self.lock:
            self.cancels.append({"lease": lease, "task_id": "t", "reason": "user", "grace_s": grace_s})
            self.lock.notify_all()

    def lose(self, lease):
        with self.lock:
            self.stale.add(lease)
            self.lost.append(lease)
            self.lock.notify_all()

    def wait_for(self, condition, seconds=10):
        end = time.monotonic() + seconds
        with self.lock:
            while not condition():
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self.lock.wait(left)
        return True

    def outcome(self, lease, seconds=10):
        assert self.wait_for(lambda: lease in self.outcomes, seconds), "no outcome of %s" % lease
        return self.outcomes[lease][0]

    def asked(self, method, path):
        with self.lock:
            return [r for r in self.requests if r.method == method and r.path == path]

    # What the broker does

    def answer(self, request):
        known = self.answers.get((request.method, request.path))
        if known:
            return known(request)
        if self.busy_for > 0:
            self.busy_for -= 1
            return problem(503, "overloaded", "busy", {"Retry-After": "1"})
        parts = request.path.strip("/").split("/")
        if parts[:2] == ["v1", "workers"]:
            return self.answer_worker(request, parts[2:])
        if parts[:2] == ["v1", "leases"] and len(parts) == 4:
            return self.answer_lease(request, parts[2], parts[3])
        return problem(404, "not_found", "no such thing")

    def answer_worker(self, request, rest):
        if not rest:
            worker = str(uuid.uuid4())
            self.workers.add(worker)
            return reply(201, {"id": worker, "heartbeat_s": 0.5, "ttl_s": 15, "lease_s": 30})
        if rest[0] not in self.workers:
            return problem(404, "not_found", "no such worker")
        if request.method == "DELETE":
            self.workers.discard(rest[0])
            return 204, {}, b""
        return self.claim(request) if rest[1] == "claim" else self.heartbeat(request, rest[0])

    def park(self, request, condition):
        """True when the client is still there."""
        end = time.monotonic() + float(request.query.get("wait", 0))
        while not condition() and not self.is_away and time.monotonic() < end:
            self.lock.wait(max(0.0, min(0.2, end - time.monotonic())))
        try:
            return request.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def claim(self, request):
        is_there = self.park(request, lambda: self.ready)
        if not self.ready or not is_there:
            return 204, {}, b""
        wanted = request.json()["max"]
        taken, self.ready = self.ready[:wanted], self.ready[wanted:]
        return 200, {"Content-Type": "application/json"}, b'{"tasks": [' + b",".join(taken) + b'], "outcomes": []}'

    def heartbeat(self, request, worker):
        self.park(request, lambda: worker not in self.workers or self.state != "run" or
                  any(c["lease"] not in self.told for c in self.cancels) or self.lost)
        if worker not in self.workers:
            return problem(404, "not_found", "no such worker")
        self.told.update(c["lease"] for c in self.cancels)
        lost, self.lost = self.lost, []
        return reply(200, {"state": self.state, "cancelled": self.cancels, "lost": lost, "next_s": 0.5})

    def answer_lease(self, request, lease, verb):
        if lease in self.stale:
            return problem(409, "stale_lease", "the lease is somebody else's")
        if verb == "logs" and request.body.count(b"\n") > 1000:
            return problem(413, "too_large", "too many lines")
        if verb == "logs":
            request.body.decode()
            self.logs[lease] = self.logs.get(lease, b"") + request.body
        elif verb == "progress":
            self.progress.setdefault(lease, []).append(request.json())
        elif verb == "complete" and self.refuse_results:
            return problem(413, "too_large", "the result is too large")
        else:
            self.cancels = [c for c in self.cancels if c["lease"] != lease]
            outcome = (verb, request.headers.get("Content-Type"), request.body)
            self.outcomes.setdefault(lease, []).append(outcome)
        return reply(200, {"id": "t", "state": "running"})

    def _handler(broker):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(self.command, self.path, self.headers, body)
                request.socket = self.connection
                with broker.lock:
                    broker.requests.append(request)
                    broker.lock.notify_all()
                    result = None if broker.is_away else broker.answer(request)
                    broker.lock.notify_all()
                if result is None or broker.is_away:
                    self.close_connection = True
                    return
                status, headers, data = result
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    if status != 204:
                        self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except OSError:
                    self.close_connection = True

            do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = handle_any

        return Handler


def reply(status, value, headers=None):
    return status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(value).encode()


def problem(status, code, detail, headers=None, **members):
    body = {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail, **members}
    return (status, {"Content-Type": "application/problem+json", **(headers or {})}, json.dumps(body).encode())
