"""Plays a conversation against one broker."""

import datetime
import json
import os
import re
import signal
import time

import match
from wire import Connection

PARK_SETTLE_S = 0.08
STILL_PARKED_S = 0.15
EVENTUALLY_S = 6.0


class Failed(Exception):
    """A statement did not hold; carries what to print."""

    def __init__(self, step, reason, answer=None):
        super().__init__(reason)
        self.step = step
        self.reason = reason
        self.answer = answer


class Player:
    """Walks the steps of one file; every verb is a method `do_<verb>`."""

    def __init__(self, broker, folder, contract=None):
        self.broker = broker
        self.folder = folder
        self.contract = contract
        self.captures = {}
        self.parked = {}
        self.main = Connection(broker.port)

    def play(self, steps):
        for step in steps:
            try:
                getattr(self, "do_" + step.verb.lower().replace("-", "_"))(step)
            except Failed:
                raise
            except Exception as error:  # cut connections, bad JSON, a broker that left
                raise Failed(step, f"{type(error).__name__}: {error}") from error

    def close(self):
        self.main.close()
        for connection, _ in self.parked.values():
            connection.close()

    # -- requests

    def do_call(self, step):
        self._send(self.main, step)
        self._check(step, step, self.main.receive())

    def do_background(self, step):
        connection = Connection(self.broker.port)
        request = step.inner[0]
        self._send(connection, request)
        self.parked[step.argument] = (connection, request)
        connection.is_readable(PARK_SETTLE_S)

    def do_parked(self, step):
        connection, _ = self.parked[step.argument]
        if connection.is_readable(STILL_PARKED_S):
            raise Failed(step, "answered already", connection.receive())

    def do_await(self, step):
        connection, request = self.parked.pop(step.argument)
        answer = connection.receive()
        connection.close()
        if step.expected:
            request.expected = step.expected
        self._check(step, request, answer)

    def do_drop(self, step):
        connection, _ = self.parked.pop(step.argument)
        connection.close()

    def do_eventually(self, step):
        """The same request again until it holds; for what happens by itself."""
        deadline = time.monotonic() + EVENTUALLY_S
        while True:
            kept = dict(self.captures)
            try:
                return self.do_call(step.inner[0])
            except Failed as failure:
                if time.monotonic() > deadline:
                    raise Failed(step, failure.reason, failure.answer) from failure
            self.captures = kept
            time.sleep(0.05)

    def _send(self, connection, step):
        path = match.substitute(step.path, self.captures)
        headers = [(name, match.substitute(value or "", self.captures))
                   for name, value in step.request.headers]
        body, media = self._request_body(step.request.body)
        if media and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", media))
        connection.send(step.argument, path, body, headers)

    def _request_body(self, body):
        if body is None or body.kind == "empty":
            return (None if body is None else b""), None
        if body.kind != "json":
            return self._bytes(body)
        parts = [match.substitute(part, self.captures, quote=True) for part in body.parts]
        media = "application/json" if len(parts) == 1 else "application/x-ndjson"
        return "\n".join(parts).encode(), media

    def _bytes(self, body):
        """A body that is bytes: written out, from a file, or generated."""
        part = body.parts[0]
        if body.kind in ("raw", "binary"):
            return part, None
        if body.kind == "file":
            with open(os.path.join(self.folder, part), "rb") as file:
                return file.read(), None
        if body.kind == "fill":
            return b"x" * int(part), None
        count, template = part
        template = match.substitute(template, self.captures, quote=True)
        items = [template.replace("$i", str(index)) for index in range(count)]
        if body.kind == "lines":
            return ("\n".join(items) + "\n").encode(), "application/x-ndjson"
        return ("[" + ",".join(items) + "]").encode(), "application/json"

    # -- answers

    def _check(self, step, request, answer):
        expected = request.expected
        if expected is None:
            return
        kept = dict(self.captures)
        try:
            self._compare(expected, answer)
        except match.Mismatch as mismatch:
            self.captures = kept
            raise Failed(step, str(mismatch), answer) from mismatch
        if self.contract:
            path = match.substitute(request.path, self.captures)
            problems = self.contract.problems(request.argument, path, answer)
            if problems:
                raise Failed(step, "openapi.yaml: " + "; ".join(problems), answer)

    def _compare(self, expected, answer):
        status = str(answer.status)
        wanted = expected.status.replace("x", ".")
        if not re.fullmatch(wanted, status):
            raise match.Mismatch(f"expected status {expected.status}, got {status}")
        if expected.within and not expected.within[0] <= answer.took_s <= expected.within[1]:
            raise match.Mismatch(f"took {answer.took_s:.3f} s, not {expected.within}")
        if expected.side.body:
            self._compare_body(expected.side.body, answer)
        for name, wanted in expected.side.headers:
            got = answer.header(name.lstrip("!"))
            match.compare_header(name, wanted, got, self.captures)

    def _compare_body(self, body, answer):
        if body.kind == "json":
            patterns = [match.pattern(part) for part in body.parts]
            value = answer.value()
            if isinstance(value, bytes) and body.parts[0][0] in "{[":
                raise match.Mismatch(f"expected JSON, got {answer.media_type!r}")
            single = len(patterns) == 1 and answer.media_type != "application/x-ndjson"
            match.compare(patterns[0] if single else patterns, value, self.captures)
            return
        wanted = b"" if body.kind == "empty" else self._bytes(body)[0]
        if answer.body != wanted:
            raise match.Mismatch(f"expected the bytes {match.show(wanted)} ({len(wanted)}), "
                                 f"got {match.show(answer.body)} ({len(answer.body)})")

    # -- time and life of the broker

    def do_clock(self, step):
        seconds = float(step.argument.lstrip("+").rstrip("s"))
        answer = self.main.call("POST", "/v1/test/advance", json.dumps({"s": seconds}).encode(),
                                [("Content-Type", "application/json")])
        if answer.status != 200:
            raise Failed(step, "the clock did not move", answer)

    def do_sleep(self, step):
        time.sleep(float(step.argument.rstrip("s")))

    def do_restart(self, _step):
        """SIGTERM, exit code 0, start."""
        self.main.close()
        self.broker.stop()
        self.broker.start()

    def do_kill(self, _step):
        self.main.close()
        self.broker.kill()
        self.broker.start()

    def do_start(self, _step):
        self.main.close()
        self.broker.start()

    def do_sigterm(self, _step):
        self.broker.signal(signal.SIGTERM)

    def do_sigint(self, _step):
        self.broker.signal(signal.SIGINT)

    def do_exited(self, step):
        self.broker.wait_exit(int(step.argument or 0))

    # -- values

    def do_let(self, step):
        """LET later = $created + 60s: a time some seconds from a captured one."""
        form = r"(\w+)\s*=\s*\$(\w+)\s*([+-])\s*([\d.]+)s"
        name, base, sign, seconds = re.fullmatch(form, step.argument).groups()
        moment = datetime.datetime.fromisoformat(self.captures[base].replace("Z", "+00:00"))
        shift = datetime.timedelta(seconds=float(sign + seconds))
        text = (moment + shift).isoformat(timespec="milliseconds")
        self.captures[name] = text.replace("+00:00", "Z")

    def do_forget(self, step):
        for name in step.argument.split():
            self.captures.pop(name.lstrip("$"), None)

    def do_metric(self, step):
        """METRIC name{labels} AS before, = 3, = $before + 1 or >= 1."""
        form = r"(\S+)\s+(AS|=|>=)\s+(\$?[\w.]+)(?:\s*\+\s*(\d+))?"
        name, relation, operand, plus = re.fullmatch(form, step.argument).groups()
        got = self._metric(step, name)
        if relation == "AS":
            self.captures[operand.lstrip("$")] = got
            return
        wanted = self.captures[operand[1:]] if operand[0] == "$" else float(operand)
        wanted += float(plus or 0)
        if not (got == wanted if relation == "=" else got >= wanted):
            raise Failed(step, f"{name} is {got:g}, not {relation} {wanted:g}")

    def _metric(self, step, name):
        answer = self.main.call("GET", "/metrics")
        for line in answer.body.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        raise Failed(step, f"no metric {name}", answer)

    def do_repeat(self, step):
        """REPEAT n … END; $i counts from 0, names captured inside are fresh each time."""
        count = int(step.argument)
        outside = set(self.captures)
        for index in range(count):
            self.captures = {k: v for k, v in self.captures.items() if k in outside}
            self.captures["i"] = index
            self.play(step.inner)
        self.captures.pop("i", None)

    def do_real_clock(self, _step):
        """Read by run.py before the broker starts."""

    def do_with(self, _step):
        """Read by run.py before the broker starts."""
