#!/usr/bin/python3
"""Sends the bad-input corpus to a broker: the right refusal, nothing changed, still serving.

    run.py --binary build/release/sluice [--only B61] [--no-slow]
"""

import argparse
import collections
import pathlib
import sys
from types import SimpleNamespace

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import fields  # noqa: E402
import urls  # noqa: E402
import framing  # noqa: E402
import syntax  # noqa: E402
import target  # noqa: E402
from broker import Broker  # noqa: E402
from case import GONE  # noqa: E402
from raw import RawClient  # noqa: E402
from wire import Connection  # noqa: E402

ANSWER_S = 10.0
CLOSE_S = 2.0


def main():
    options = _options()
    cases = [case for table in (framing, target, syntax, fields, urls) for case in table.cases()
             if not options.only or case.id in options.only.split(",")]
    broker = Broker(options.binary, clock="real").start()
    suite = Suite(broker)
    try:
        before = broker.rss_kib()
        suite.run([case for case in cases if not (case.slow_s and options.no_slow)])
        print(f"resident memory: {before} KiB before, {broker.rss_kib()} KiB after")
        broker.stop()
    except Exception:
        print(broker.log_tail())
        raise
    finally:
        broker.dispose()
    if not options.only:
        for number, reason in fields.WAITING.items():
            print(f"  waits: {number}: {reason}")
    rows = len({case.id for case in cases})
    print(f"{rows} rows, {suite.count} cases")
    print(f"{suite.count - len(suite.failures)} passed, {len(suite.failures)} failed")
    return 1 if suite.failures else 0


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--only", help="row ids, with commas")
    parser.add_argument("--no-slow", action="store_true", help="leave out what waits for deadlines")
    return parser.parse_args()


class Suite:
    """One broker, its fixture, and what has failed so far."""

    def __init__(self, broker):
        self.broker = broker
        self.watch = Connection(broker.port)
        self.fixture = self._prepare()
        self.failures = []
        self.count = 0

    def _prepare(self):
        """A finished task, a running one, and a used idempotency key."""
        _, worker = self.watch.json("POST", "/v1/workers",
                                    {"identity": "w", "queues": ["fixture"], "concurrency": 9})
        for _ in range(2):
            self.watch.json("POST", "/v1/tasks", {"queue": "fixture", "lease_s": 3600})
        status, claim = self.watch.json("POST", f"/v1/workers/{worker['id']}/claim", {"max": 2})
        assert status == 200, claim
        done, live = claim["tasks"]
        self.watch.call("POST", f"/v1/leases/{done['lease']}/complete", b"1")
        self.watch.json("POST", "/v1/tasks", {"queue": "ok"}, [("Idempotency-Key", "used")])
        return SimpleNamespace(worker=worker["id"], task=live["id"], lease=live["lease"],
                               done=done["lease"])

    def run(self, cases):
        """Slow cases are sent first and read last, so that their deadlines pass together."""
        slow = [(case, self._send(case)) for case in cases if case.slow_s]
        for case in cases:
            if not case.slow_s:
                self._one(case, self._counts())
        before = self._counts()
        for case, client in slow:
            self._judge(case, client, before)

    def _one(self, case, before):
        try:
            self._judge(case, self._send(case), before)
        except OSError as error:
            self._fail(case, f"{type(error).__name__}: {error}")

    def _send(self, case):
        client = RawClient(self.broker.port)
        data = case.data(self.fixture) if callable(case.data) else case.data
        client.send(data)
        if case.half_close:
            client.finish_sending()
        return client

    def _judge(self, case, client, before):
        self.count += 1
        reply = client.reply(case.slow_s or ANSWER_S)
        problems = self._wrong_reply(case, reply)
        for allowed in case.answers:
            following = client.reply(ANSWER_S)
            if (following.status or GONE) not in allowed:
                problems.append(f"then {following.status}, expected {allowed}")
        if case.closes and reply.status is not None and not client.is_closed(CLOSE_S):
            problems.append("the connection stays open")
        client.close()
        problems += self._damage(case, reply, before)
        if problems:
            self._fail(case, "; ".join(problems))

    @staticmethod
    def _wrong_reply(case, reply):
        allowed = "/".join(map(str, case.allowed))
        if reply.status is None:
            return [] if GONE in case.allowed else [f"no answer, expected {allowed}"]
        if reply.status not in case.allowed:
            return [f"answered {reply.status}, expected {allowed}: {reply.body[:160]!r}"]
        if case.is_ours and reply.status >= 400 and not reply.is_problem:
            return [f"{reply.status} is not problem+json"]
        return []

    def _damage(self, case, reply, before):
        """What changed that must not; and whether the broker still serves."""
        if not self.broker.is_running():
            raise SystemExit(f"{case.id} {case.name}: the broker is gone\n{self.broker.log_tail()}")
        if self.broker.probe("/livez") != 200:
            return ["/livez does not answer 200"]
        now = self._counts()
        made = sum(now.values()) - sum(before.values())
        wanted = {0, 1} if case.creates is None else {case.creates}
        if made not in wanted:
            return [f"{made} tasks were made, not {case.creates} (answered {reply.status})"]
        strange = set(now) - set(before) - {"ok", ".."}
        if strange and case.creates == 0:
            return [f"queues were made: {sorted(strange)}"]
        return []

    def _counts(self):
        """Tasks in each queue, whatever their state."""
        status, queues = self.watch.json("GET", "/v1/queues?limit=500")
        assert status == 200, queues
        return collections.Counter({queue["name"]: sum(queue["counts"].values())
                                    for queue in queues["items"]})

    def _fail(self, case, reason):
        self.failures.append(case)
        print(f"FAIL {case.id} {case.name}: {reason}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
