#!/usr/bin/python3
"""Random races of cancel and complete on two connections: the first commit wins, once.

# row 42: exactly one terminal state, and both replies agree with it

    races.py --binary build/release/sluice [--races 1000] [--seed N]
"""

import argparse
import collections
import pathlib
import random
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

from broker import Broker  # noqa: E402
from wire import Connection  # noqa: E402

GRACE = b'{"grace_s":60}'


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--races", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    rng = random.Random(options.seed)
    broker = Broker(options.binary, clock="real").start()
    try:
        seen, wrong = _run(broker, options.races, rng)
        broker.stop()
    finally:
        broker.dispose()
    for outcome, count in sorted(seen.items()):
        print(f"  {count:5d}  {outcome}")
    for line in wrong[:10]:
        print("  wrong: " + line)
    print(f"{options.races - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


def _run(broker, races, rng):
    producer, worker = Connection(broker.port), Connection(broker.port)
    status, registered = worker.json("POST", "/v1/workers", {"identity": "w", "queues": ["q"]})
    assert status == 201, registered
    seen, wrong = collections.Counter(), []
    for _ in range(races):
        outcome, problem = _race(producer, worker, registered["id"], rng)
        seen[outcome] += 1
        if problem:
            wrong.append(problem)
    return seen, wrong


def _race(producer, worker, worker_id, rng):
    """One task, a cancel and a completion sent at almost the same time."""
    _, task = producer.json("POST", "/v1/tasks", {"queue": "q"})
    _, claimed = worker.json("POST", f"/v1/workers/{worker_id}/claim", {})
    lease = claimed["tasks"][0]["lease"]
    cancel = (producer, f"/v1/tasks/{task['id']}/cancel", GRACE)
    finish = (worker, f"/v1/leases/{lease}/{rng.choice(['complete', 'cancelled'])}", b"")
    for connection, path, body in rng.sample([cancel, finish], 2):
        connection.send("POST", path, body)
        if rng.random() < 0.3:
            time.sleep(rng.random() * 0.002)
    cancelled, finished = producer.receive(), worker.receive()
    _, final = producer.json("GET", f"/v1/tasks/{task['id']}")
    how = finish[1].rpartition("/")[2]
    outcome = f"cancel {cancelled.status}, {how} {finished.status}, then {final['state']}"
    return outcome, _judge(how, cancelled, finished, final, outcome)


def _judge(how, cancelled, finished, final, outcome):
    """What the two answers and the final state must say of each other."""
    if cancelled.status not in (200, 202) or finished.status not in (200, 409):
        return outcome
    if final["state"] not in ("succeeded", "cancelled"):
        return f"not terminal: {outcome}"
    if finished.status == 200 and finished.value()["state"] != final["state"]:
        return f"the worker was told {finished.value()['state']}: {outcome}"
    if cancelled.status == 200 and cancelled.value()["state"] != final["state"]:
        return f"the canceller was told {cancelled.value()['state']}: {outcome}"
    if how == "complete" and finished.status == 200 and final["state"] != "succeeded":
        return f"a completion taken, and not succeeded: {outcome}"
    return None


if __name__ == "__main__":
    sys.exit(main())
