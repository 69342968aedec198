"""For each bound, requests that are exactly at it, and the same with one more."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

NDJSON = (("Content-Type", "application/x-ndjson"),)


@dataclass
class Request:
    method: str
    path: str
    body: bytes = None
    headers: tuple = ()


@dataclass
class Row:
    name: str
    good: Request
    bad: Request
    where: str = ""           # pointer, parameter or header
    status: int = 400
    only_names: bool = False  # at the bound it is refused too, for something else


def post(path, body, headers=()):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return Request("POST", path, body, headers)


def task(**members):
    return post("/v1/tasks", {"queue": "q", **members})


def pair(name, make, number, where="", status=400, step=1, **more):
    return Row(name, make(number), make(number + step), where, status, **more)


def padded(text, size):
    return text + b" " * (size - len(text))


def text_json(size):
    """A JSON string of so many bytes."""
    return b'"' + b"x" * (size - 2) + b'"'


def nested(levels):
    return b"[" * levels + b"]" * levels


def key_line(key):
    return json.dumps({"queue": "q", "idempotency_key": key}).encode() + b"\n"


def body_max(number, _):
    yield pair("a submit", lambda n: post("/v1/tasks", padded(b'{"queue":"q"}', n)), number, status=413)
    yield pair("a registration",
               lambda n: post("/v1/workers", padded(b'{"identity":"b","queues":["q"]}', n)), number, status=413)
    yield pair("an array", lambda n: post("/v1/tasks/batch", padded(b'[{"queue":"q"}', n - 1) + b"]"), number, status=413)
    yield pair("a line", lambda n: post("/v1/tasks/batch", padded(b'{"queue":"q"}', n) + b"\n", NDJSON), number, status=413)
    yield pair("a line without end", lambda n: post("/v1/tasks/batch", padded(b'{"queue":"q"}', n), NDJSON), number,
               status=413)


def payload_max(number, walk):
    yield pair("raw", lambda n: post("/v1/queues/q/tasks", b"x" * n), number, status=413)
    yield pair("in an object", lambda n: post("/v1/tasks", b'{"queue":"q","payload":' + text_json(n) + b"}"), number,
               "/payload", 413)
    yield pair("base64", lambda n: task(payload_base64=base64.b64encode(b"x" * n).decode()), number, "/payload_base64", 413)
    yield pair("in an array", lambda n: post("/v1/tasks/batch", b'[{"queue":"q","payload":' + text_json(n) + b"}]"), number,
               "/payload", 413)
    yield pair("in a line", lambda n: post("/v1/tasks/batch", b'{"payload":' + text_json(n) + b"}\n", NDJSON), number,
               "/payload", 413)
    lease = walk.lease()
    yield pair("a checkpoint",
               lambda n: post(f"/v1/leases/{lease}/progress", b'{"checkpoint":' + text_json(n) + b"}"), number,
               "/checkpoint", 413)


def result_max(number, walk):
    def outcomes(lease, member):
        return post(f"/v1/workers/{walk.worker}/outcomes",
                    {"outcomes": [{"lease": lease, "outcome": "succeeded", **member}]})

    leases = [walk.lease() for _ in range(3)]
    yield pair("raw", lambda n: post(f"/v1/leases/{leases[0]}/complete", b"x" * n), number, status=413)
    yield pair("in an outcome", lambda n: outcomes(leases[1], {"result": "x" * (n - 2)}), number, "/outcomes/0/result", 413)
    yield pair("base64", lambda n: outcomes(leases[2], {"result_base64": base64.b64encode(b"x" * n).decode()}), number,
               "/outcomes/0/result_base64", 413)


def failure_max(number, walk):
    leases = [walk.lease() for _ in range(3)]
    yield pair("of /fail", lambda n: post(f"/v1/leases/{leases[0]}/fail", padded(b'{"type":"E"}', n)), number, status=413)
    yield pair("of /cancelled", lambda n: post(f"/v1/leases/{leases[1]}/cancelled", padded(b'{"type":"E"}', n)), number,
               status=413, only_names=True)
    yield pair("of an outcome", lambda n: post(
        f"/v1/workers/{walk.worker}/outcomes",
        b'{"outcomes":[{"lease":"%s","outcome":"failed","error":%s}]}' % (
            leases[2].encode(), b'{"message":"' + b"x" * (n - 14) + b'"}')), number, "/outcomes/0/error", 413)


def batch_max(number, _):
    yield pair("an array", lambda n: post("/v1/tasks/batch", [{}] * n), number)


def envelope_depth_max(number, _):
    for path in ("/v1/tasks", "/v1/workers", "/v1/tasks/batch"):
        yield pair(path, lambda n: post(path, nested(n)), number, only_names=True)  # noqa: B023


def envelope_nodes_max(number, _):
    yield pair("values", lambda n: post("/v1/tasks", {"tags": [1] * (n - 2)}), number, only_names=True)


def payload_depth_max(number, _):
    yield pair("a payload", lambda n: post("/v1/tasks", b'{"queue":"q","payload":' + nested(n) + b"}"), number)


def name_max(number, _):
    # Beyond 128 a name is none: the sentence about the form says so.
    yield pair("queue", lambda n: task(queue="n" * n), number, "/queue")
    yield pair("queue in a path", lambda n: post(f"/v1/queues/{'n' * n}/tasks", b"1"), number)
    yield pair("PUT queue", lambda n: Request("PUT", f"/v1/queues/{'p' * n}", b"{}"), number)
    yield pair("tag", lambda n: task(tags=["n" * n]), number, "/tags/0")
    yield pair("identity", lambda n: post("/v1/workers", {"identity": "n" * n, "queues": ["q"]}), number, "/identity")


def type_max(number, walk):
    yield pair("type", lambda n: task(type="t" * n), number, "/type")
    yield pair("name", lambda n: task(name="t" * n), number, "/name")
    yield pair("type in a query", lambda n: post(f"/v1/queues/q/tasks?type={'t' * n}", b"1"), number, "type")
    yield pair("non_retryable", lambda n: task(retry={"non_retryable": ["t" * n]}), number, "/retry/non_retryable/0")
    lease = walk.lease()
    yield pair("a failure's type", lambda n: post(f"/v1/leases/{lease}/fail", {"type": "t" * n}), number, "/type")


def tags_max(number, _):
    yield pair("tags", lambda n: task(tags=[f"t{i}" for i in range(n)]), number, "/tags")
    yield pair("in a query", lambda n: post(f"/v1/queues/q/tasks?tags={','.join(f't{i}' for i in range(n))}", b"1"),
               number, "tags")


def task_limits_max(number, _):
    yield pair("limits", lambda n: task(limits=[f"l{i}" for i in range(n)]), number, "/limits")
    yield pair("in a query", lambda n: post(f"/v1/queues/q/tasks?limits={','.join(f'l{i}' for i in range(n))}", b"1"),
               number, "limits")


def depends_on_max(number, walk):
    ids = [walk.json("POST", "/v1/tasks", {"queue": "first"})["id"] for _ in range(number + 1)]
    yield pair("depends_on", lambda n: task(depends_on=ids[:n]), number, "/depends_on")


def task_headers_max(number, _):
    yield pair("headers", lambda n: task(headers={f"h{i}": "v" for i in range(n)}), number, "/headers")


def priority_max(number, _):
    yield pair("high", lambda n: task(priority=n), number, "/priority")
    yield pair("low", lambda n: task(priority=n), -number, "/priority", step=-1)
    yield pair("in a query", lambda n: post(f"/v1/queues/q/tasks?priority={n}", b"1"), number, "priority")


def delay_max(number, walk):
    def at(seconds):
        return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")

    yield pair("delay_s", lambda n: task(delay_s=n), number, "/delay_s")
    yield pair("run_at", lambda n: task(run_at=at(n)), number - 20, "/run_at", step=40)
    yield pair("expires_s", lambda n: task(expires_s=n), number, "/expires_s")
    yield pair("deadline_s", lambda n: task(deadline_s=n), number, "/deadline_s")
    yield pair("a ladder", lambda n: task(retry={"delays_s": [1, n]}), number, "/retry/delays_s/1")
    yield pair("a backoff", lambda n: task(retry={"backoff": "fixed", "delay_s": n}), number, "/retry/delay_s")
    leases = [walk.lease() for _ in range(2)]
    yield pair("a snooze", lambda n: post(f"/v1/leases/{leases[0]}/snooze", {"delay_s": n}), number, "/delay_s")
    yield pair("after a failure", lambda n: post(f"/v1/leases/{leases[1]}/fail", {"delay_s": n}), number, "/delay_s")
    yield pair("a pause", lambda n: post("/v1/queues/q/pause", {"for_s": n}), number, "/for_s")
    yield pair("a pause until", lambda n: Request("PUT", "/v1/queues/q", json.dumps({"paused_until": at(n)}).encode()),
               number - 20, "/paused_until", step=40)


def attempts_max(number, _):
    yield pair("attempts", lambda n: task(retry={"max_attempts": n}), number, "/retry/max_attempts")
    yield pair("crashes", lambda n: task(retry={"max_crashes": n}), number, "/retry/max_crashes")


def _leases(walk, number, step):
    lease = walk.lease()
    yield pair("of a task", lambda n: task(lease_s=n), number, "/lease_s", step=step)
    yield pair("of a queue", lambda n: Request("PUT", "/v1/queues/q", json.dumps({"lease_s": n}).encode()), number,
               "/lease_s", step=step)
    yield pair("an extension", lambda n: post(f"/v1/leases/{lease}/extend", {"lease_s": n}), number, "/lease_s", step=step)


def lease_min(number, walk):
    yield from _leases(walk, number, -0.001)


def lease_max(number, walk):
    yield from _leases(walk, number, 0.001)


def wait_max(number, _):
    yield pair("?wait=", lambda n: post(f"/v1/tasks?until=accepted&wait={n}", {"queue": "q"}), number, "wait", step=0.001)
    yield pair("Prefer", lambda n: post("/v1/tasks?until=accepted", {"queue": "q"}, (("Prefer", f"wait={n}"),)), number,
               "Prefer")


def claim_max(number, walk):
    yield pair("a claim", lambda n: post(f"/v1/workers/{walk.worker}/claim", {"max": n}), number, "/max")


def outcomes_max(number, walk):
    def outcomes(n):
        return {"outcomes": [{"lease": "none", "outcome": "released"}] * n}

    yield pair("a report", lambda n: post(f"/v1/workers/{walk.worker}/outcomes", outcomes(n)), number, "/outcomes")
    yield pair("a claim", lambda n: post(f"/v1/workers/{walk.worker}/claim", outcomes(n)), number, "/outcomes")
    yield pair("notes", lambda n: post(f"/v1/workers/{walk.worker}/heartbeat",
                                       {"progress": [{"lease": "none", "percent": 1}] * n}), number, "/progress")


def log_lines_max(number, walk):
    lease = walk.lease()
    yield pair("lines", lambda n: post(f"/v1/leases/{lease}/logs", b"a line\n" * n, (("Content-Type", "text/plain"),)),
               number)


def key_max(number, _):
    yield pair("a header", lambda n: post("/v1/tasks", {"queue": "q"}, (("Idempotency-Key", "k" * n),)), number,
               "Idempotency-Key")
    yield pair("of a line", lambda n: post("/v1/tasks/batch", key_line("k" * n), NDJSON), number, "/idempotency_key")


def of(name, number, walk):
    return globals()[name](number, walk)
