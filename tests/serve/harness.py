"""What the tests of the broker as a process share: brokers on any address, requests, comparisons."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from broker import Broker, free_port  # noqa: E402  (the path must be set first)

CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("SLUICE_")}


class Bench:
    """What a test gets: the binary, a folder of its own, and brokers that are ended after it."""

    def __init__(self, binary):
        self.binary = os.path.abspath(binary)
        self.brokers = []

    def run(self, *words, env=None, timeout=20):
        """The ended process of a command."""
        return subprocess.run([self.binary, *words], env={**CLEAN, **(env or {})}, capture_output=True, text=True,
                              timeout=timeout, check=False)

    def broker(self, *options, host="127.0.0.1", tls=None):
        broker = Served(self.binary, options, host, tls)
        self.brokers.append(broker)
        return broker

    def folder(self):
        """One that goes with the test."""
        return self.broker().folder

    def close(self):
        for broker in self.brokers:
            broker.dispose()


class Served(Broker):
    """A broker on any address, with HTTPS too."""

    def __init__(self, binary, options, host, tls):
        super().__init__(binary, options=options, clock="system")
        self.host = host
        self.tls = tls

    def command(self):
        return [self.binary, "serve", "--listen", f"{self.host}:{self.port}",
                "--data", os.path.join(self.folder, "data")] + self.options

    def probe(self, path, method="GET", body=None):
        if self.tls is None:
            return super().probe(path, method, body)
        try:
            return ask(self, method, path)[0]
        except OSError:
            return None


def ask(broker, method, path, body=None, timeout=20, token=None, port=None, headers=None):
    """The status and the JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    scheme = "http" if port is not None or broker.tls is None else "https"
    headers = {"Content-Type": "application/json", **(headers or {})}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(f"{scheme}://127.0.0.1:{port or broker.port}{path}", data=data, method=method,
                                     headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=timeout, context=broker.tls) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as answer:
        status, text = answer.code, answer.read()
    try:
        return status, json.loads(text or b"null")
    except ValueError:
        return status, text.decode(errors="replace")


def equal(got, wanted, what=""):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r}, not {wanted!r}" if what else f"{got!r}, not {wanted!r}")


def contains(text, part):
    if part not in text:
        raise AssertionError(f"{part!r} is not in {text!r}")


def refused(done, code, part):
    equal(done.returncode, code, done.stderr)
    contains(done.stderr, part)


def log_lines(broker, event):
    with open(broker.log_path, encoding="utf-8") as log:
        lines = [json.loads(line) for line in log if line.startswith("{")]
    return [line for line in lines if line.get("event") == event]


def until(is_so, timeout_s=20):
    """Wait for something that must come; how soon is no part of the test."""
    end = time.monotonic() + timeout_s
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError("it did not come to pass")
        time.sleep(0.05)
