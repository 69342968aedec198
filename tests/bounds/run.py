#!/usr/bin/python3
"""Every bound of a request: what is exactly at it is taken, one more is refused with its name and number.

    run.py --binary build/release/sluice [NAME-PART...]

Once as they are by default, once lowered; what was stored before they were lowered is read again.
"""

import argparse
import json
import os
import sys
from datetime import datetime, timedelta, timezone

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import rows  # noqa: E402  (the path must be set first)
from broker import Broker  # noqa: E402
from wire import Connection  # noqa: E402

DEFAULTS = {
    "body_max": 4194304, "payload_max": 1048576, "result_max": 1048576, "failure_max": 262144, "batch_max": 1000,
    "envelope_depth_max": 32, "envelope_nodes_max": 20000, "payload_depth_max": 512, "name_max": 128, "type_max": 255,
    "tags_max": 16, "task_limits_max": 32, "depends_on_max": 100, "task_headers_max": 64, "priority_max": 100, "delay_max": 315360000, "attempts_max": 1000,
    "lease_min": 1, "lease_max": 43200, "wait_max": 60, "claim_max": 1000, "outcomes_max": 1000, "log_lines_max": 1000,
    "key_max": 255,
}
LOWERED = {
    "body_max": 65536, "payload_max": 2048, "result_max": 3072, "failure_max": 1536, "batch_max": 7,
    "envelope_depth_max": 9, "envelope_nodes_max": 150, "payload_depth_max": 20, "name_max": 20, "type_max": 30,
    "tags_max": 3, "task_limits_max": 2, "depends_on_max": 4, "task_headers_max": 4, "priority_max": 12, "delay_max": 3600, "attempts_max": 5, "lease_min": 5,
    "lease_max": 300, "wait_max": 40, "claim_max": 6, "outcomes_max": 5, "log_lines_max": 8, "key_max": 24,
}


class Walk:
    """One broker with its bounds, and what has failed so far."""

    def __init__(self, broker, bounds, parts):
        self.broker = broker
        self.bounds = bounds
        self.parts = parts
        self.wire = Connection(broker.port)
        self.count = 0
        self.failures = 0
        self.worker = self.json("POST", "/v1/workers", {"identity": "w", "queues": ["leases"], "concurrency": 500})["id"]

    def json(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        answer = self.wire.call(method, path, data)
        if answer.status >= 400:
            raise AssertionError(f"{method} {path}: {answer.show()}")
        return answer.value()

    def lease(self):
        """A lease of a new task."""
        self.json("POST", "/v1/tasks", {"queue": "leases", "lease_s": 60})
        return self.json("POST", f"/v1/workers/{self.worker}/claim", {})["tasks"][0]["lease"]

    def run(self):
        for name, number in self.bounds.items():
            if self.parts and not any(part in name for part in self.parts):
                continue
            for row in rows.of(name, number, self):
                self.one(name, number, row)

    def one(self, name, number, row):
        said = f"{name}: {number}"
        problem = self.problem(row.good)
        if problem is not None and (not row.only_names or said in problem.get("detail", "")):
            self.fail(name, row, f"at the bound: {problem}")
        problem = self.problem(row.bad)
        if problem is None:
            self.fail(name, row, "beyond the bound: taken")
            return
        places = problem.get("errors") or [{}]
        texts = [problem.get("detail", "")] + [place.get("detail", "") for place in places]
        if not any(said in text for text in texts):
            self.fail(name, row, f"beyond the bound: {said!r} is not said: {problem}")
        if problem["status"] != row.status:
            self.fail(name, row, f"beyond the bound: {problem['status']}, not {row.status}")
        place = next(iter(places[0].get(key) for key in ("pointer", "parameter", "header") if places[0].get(key)), "")
        if place != row.where:
            self.fail(name, row, f"beyond the bound: at {place!r}, not {row.where!r}")

    def problem(self, request):
        """What a request is refused with; None when it was taken."""
        self.count += 1
        answer = self.wire.call(request.method, request.path, request.body, request.headers)
        value = answer.value()
        if isinstance(value, list):  # lines of a stream
            refused = [line["problem"] for line in value if "problem" in line]
            return refused[0] if refused else None
        if answer.status < 400:
            refused = [item["problem"] for item in value.get("items", [])
                       if "problem" in item] if isinstance(value, dict) else []
            return refused[0] if refused else None
        return value

    def fail(self, name, row, why):
        self.failures += 1
        print(f"FAIL {name}, {row.name}: {why}"[:600], flush=True)


def options_of(bounds):
    units = {"delay_max": "s", "lease_min": "s", "lease_max": "s", "wait_max": "s"}
    return [word for name, number in bounds.items()
            for word in ("--" + name.replace("_", "-"), f"{number}{units.get(name, '')}")]


def store_wide_things(broker):
    """Things that later bounds would refuse."""
    wire = Connection(broker.port)
    queue = "q" * 128
    far = (datetime.now(timezone.utc) + timedelta(days=3000)).strftime("%Y-%m-%dT%H:%M:%SZ")
    spec = {"queue": queue, "payload": "p" * 500000, "type": "t" * 255, "name": "n" * 255, "priority": 100,
            "tags": [f"{n:0>128}" for n in range(16)], "headers": {f"h{n}": "v" for n in range(64)},
            "lease_s": 43200, "retry": {"max_attempts": 1000, "delays_s": [315360000]}}
    answer = wire.call("POST", "/v1/tasks", json.dumps(spec).encode())
    assert answer.status == 201, answer.show()
    late = wire.call("POST", "/v1/tasks", json.dumps({"queue": queue, "run_at": far}).encode())
    assert late.status == 201, late.show()
    set_up = wire.call("PUT", f"/v1/queues/{queue}", b'{"lease_s":43200,"retry":{"delays_s":[315360000]}}')
    assert set_up.status == 200, set_up.show()
    return queue, spec, answer.value()["id"], late.value()["id"]


def wide_things_stay_readable(broker, stored):
    """Read, listed, claimed, finished under the lowered bounds."""
    queue, spec, task_id, late_id = stored
    wire = Connection(broker.port)

    def ask(method, path, body=None, wanted=200):
        answer = wire.call(method, path, None if body is None else json.dumps(body).encode())
        if answer.status != wanted:
            raise AssertionError(f"{method} {path}: {answer.show()}")
        return answer.value()

    def equal(got, wanted):
        if got != wanted:
            raise AssertionError(f"{str(got)[:200]}, not {str(wanted)[:200]}")

    task = ask("GET", f"/v1/tasks/{task_id}")
    for member in ("queue", "type", "name", "tags", "headers", "priority"):
        equal(task[member], spec[member])
    equal(ask("GET", f"/v1/tasks/{task_id}/payload"), spec["payload"])
    equal(ask("GET", f"/v1/tasks/{late_id}")["state"], "scheduled")
    equal(ask("GET", f"/v1/queues/{queue}")["lease_s"], 43200)
    equal(len(ask("GET", f"/v1/tasks?queue={queue}&tag={spec['tags'][0]}&type={spec['type']}")["items"]), 1)
    worker = ask("POST", "/v1/workers", {"identity": "old", "queues": [queue], "types": [spec["type"]]}, 201)
    claim = ask("POST", f"/v1/workers/{worker['id']}/claim", {"queues": [queue]})
    equal(claim["tasks"][0]["payload"], spec["payload"])
    ask("POST", f"/v1/leases/{claim['tasks'][0]['lease']}/complete", "done")
    equal(ask("GET", f"/v1/tasks/{task_id}")["state"], "succeeded")
    ask("POST", f"/v1/queues/{queue}/pause", {})
    ask("PATCH", f"/v1/queues/{queue}", {"concurrency": 3})


def every_bound_is_walked(binary):
    """The tables above against what the broker says of itself."""
    shown = os.popen(f"'{binary}' config show --json").read()
    known = {key.split(".")[1] for key in json.loads(shown) if key.startswith("bounds.")}
    for table in (DEFAULTS, LOWERED):
        if set(table) != known:
            raise AssertionError(f"walked, but not known, or the other way round: {set(table) ^ known}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("parts", nargs="*")
    options = parser.parse_args()
    every_bound_is_walked(options.binary)
    count = failures = 0
    broker = Broker(options.binary, clock="system")
    try:
        for bounds in (DEFAULTS, LOWERED):
            if bounds is LOWERED:
                broker.options = options_of(bounds)
            broker.start()
            if bounds is LOWERED:
                wide_things_stay_readable(broker, stored)
            walk = Walk(broker, bounds, options.parts)
            walk.run()
            count, failures = count + walk.count, failures + walk.failures
            if bounds is DEFAULTS:
                stored = store_wide_things(broker)
                broker.kill()
        broker.kill()
    except Exception:
        print(broker.log_tail())
        raise
    finally:
        broker.dispose()
    print(f"{count} requests, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
