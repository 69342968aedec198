#!/usr/bin/python3
"""kill -9 under load, restart, again: nothing acknowledged is lost, nothing runs twice, what is pushed arrives, webhooks are told.

    kill9.py --binary build/release/sluice [--rounds 12] [--seconds 36] [--seed N]
"""

import argparse
import pathlib
import random
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import receiver as hooks  # noqa: E402
from broker import Broker  # noqa: E402
from clients import Canceller, Finisher, Submitter, Worker, queue_of  # noqa: E402
from history import TERMINAL, History  # noqa: E402
from target import QUEUE, Completer, Target, register  # noqa: E402
from wire import Connection  # noqa: E402

LIMIT = 4
DRAIN_S = 30.0


def main():
    options = _options()
    print(f"seed {options.seed}, {options.rounds} rounds")
    rng = random.Random(options.seed)
    history = History()
    broker = Broker(options.binary, ["--push-allow", "127.0.0.0/8"], clock="real").start()
    target = Completer.target = Target(history, rng.random())
    receiver = hooks.Receiver(history, rng.random())
    try:
        register(broker.port, target)
        hooks.set_up(broker.port, receiver)
        Connection(broker.port).json("PUT", "/v1/queues/capped", {"concurrency": LIMIT})
        _storm(broker, history, rng, options)
        target.is_faithful = receiver.is_faithful = True
        final = _settle(broker, history, rng)
        _check_pushed(history, target, final)
        _check_told(broker, history, receiver, final)
        broker.stop()
    except Exception:
        print(broker.log_tail())
        raise
    finally:
        broker.dispose()
        target.close()
        receiver.close()
    return _report(broker, history, final)


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=36.0, help="of load, all rounds together")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    return parser.parse_args()


def _clients(broker, history, rng, kinds):
    stop = threading.Event()
    clients = [kind(broker.port, history, stop, rng.random()) for kind, count in kinds
               for _ in range(count)]
    for client in clients:
        client.start()
    return stop, clients


def _storm(broker, history, rng, options):
    """Load, and a kill -9 at a random moment of each round."""
    stop, clients = _clients(broker, history, rng, ((Submitter, 4), (Worker, 6), (Canceller, 2),
                                                   (Completer, 3)))
    slowest = 0.0
    for _ in range(options.rounds):
        time.sleep(options.seconds / options.rounds * (0.3 + rng.random() * 1.4))
        broker.kill()
        Completer.target.kills += 1
        began = time.monotonic()
        broker.start()
        slowest = max(slowest, time.monotonic() - began)
    print(f"slowest start after a kill: {slowest:.2f} s")
    # a last moment, so that every submit under way is repeated and acknowledged
    time.sleep(0.5)
    stop.set()
    for client in clients:
        client.join(15)


def _settle(broker, history, rng):
    """Faithful workers alone, until all tasks have ended; then the state of every task."""
    stop, clients = _clients(broker, history, rng, ((Finisher, 6), (Completer, 1)))
    connection = Connection(broker.port)
    deadline = time.monotonic() + DRAIN_S
    while time.monotonic() < deadline and _live(connection):
        time.sleep(0.2)
    stop.set()
    for client in clients:
        client.join(15)
    _, queues = connection.json("GET", "/v1/queues")
    for queue in queues["items"]:
        print(queue["name"], {state: count for state, count in queue["counts"].items() if count})
    return _all_tasks(connection, history)


def _check_pushed(history, target, final):
    """What succeeded in the queue of the endpoint had come to it."""
    with history.lock:
        mine = [task for task, key in history.acknowledged.items() if queue_of(key) == QUEUE]
    for task in mine:
        if final.get(task) == "succeeded" and task not in target.seen:
            history.violate(f"task {task} succeeded and was never pushed")
    if not any(task in target.seen for task in mine):
        history.violate("nothing was pushed")
    print(f"pushed {len(target.seen)} of {len(mine)} tasks")


def _check_told(broker, history, receiver, final):
    """All that the webhook was to be told came to it."""
    left = hooks.drain(broker.port)
    if left:
        history.violate(f"{left} deliveries to the webhook are still due")
    receiver.check(final)


def _live(connection):
    """How many tasks have not ended, by the queues' counts."""
    _, queues = connection.json("GET", "/v1/queues")
    return sum(count for queue in queues["items"] for state, count in queue["counts"].items()
               if state not in TERMINAL)


def _all_tasks(connection, history):
    final, cursor = {}, ""
    while cursor is not None:
        tail = f"&cursor={cursor}" if cursor else ""
        status, page = connection.json("GET", f"/v1/tasks?limit=500{tail}")
        assert status == 200, page
        for task in page["items"]:
            if task["id"] in final:
                history.violate(f"task {task['id']} is listed twice")
            final[task["id"]] = task["state"]
        cursor = page["next_cursor"]
    return final


def _report(broker, history, final):
    history.check_overlaps()
    most = history.check_limit("capped", LIMIT)
    history.check_final(final)
    print(f"acknowledged {len(history.acknowledged)}, listed {len(final)}, leases {len(history.grants)}, "
          f"starts {broker.starts}, most at once in the capped queue {most} of {LIMIT}")
    for what, count in sorted(history.counts.items()):
        print(f"  {count:6d}  {what}")
    for violation in history.violations[:20]:
        print("  wrong: " + violation)
    wrong = len(history.violations)
    checks = len(history.acknowledged) + len(history.grants)
    print(f"{checks} passed, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
