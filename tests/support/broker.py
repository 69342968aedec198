"""A broker under test: one process, one data folder, one free loopback port, its log kept."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 20.0
DRAIN_PATIENCE_S = 0.4


class BrokerError(Exception):
    """The process did not start, stop or answer as it must."""


def free_port():
    """A loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """Starts, stops and kills `sluice serve`; the data folder outlives restarts."""

    def __init__(self, binary, options=(), clock="manual"):
        self.binary = os.path.abspath(binary)
        self.options = list(options)
        self.clock = clock
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.log_path = os.path.join(self.folder, "broker.log")
        self.port = free_port()
        self.process = None
        self.starts = 0

    @property
    def pid(self):
        return self.process.pid

    def command(self):
        line = [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}",
                "--data", os.path.join(self.folder, "data")]
        if self.clock == "manual":
            line += ["--clock", "manual"]
        return line + self.options

    def start(self):
        """Starts the process and waits until /readyz says 200."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SLUICE_")}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=environment)
        self.starts += 1
        self._wait_ready()
        return self

    def _wait_ready(self):
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise BrokerError(f"broker ended while starting, exit code {self.process.returncode}")
            if self.probe("/readyz") == 200:
                return
            time.sleep(0.02)
        raise BrokerError(f"broker not ready after {START_TIMEOUT_S:g} s")

    def probe(self, path, method="GET", body=None):
        """The status of a bare request, or None where nothing answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, body)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def signal(self, number):
        self.process.send_signal(number)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def wait_exit(self, expected=0, timeout_s=STOP_TIMEOUT_S):
        """Waits for the end and checks the exit code."""
        try:
            code = self.process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired as late:
            raise BrokerError(f"broker still runs {timeout_s:g} s after it was told to stop") from late
        if code != expected:
            raise BrokerError(f"broker ended with exit code {code}, not {expected}")

    def stop(self, expected=0):
        """A clean stop: SIGTERM, exit code 0."""
        if not self.is_running():
            raise BrokerError(f"broker ended on its own, exit code {self.process.returncode}")
        self.signal(signal.SIGTERM)
        if self.clock == "manual":
            self._hurry_drain()
        self.wait_exit(expected)

    def _hurry_drain(self):
        """Under a manual clock the time a drain may take passes only when somebody moves it."""
        try:
            self.process.wait(timeout=DRAIN_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.probe("/v1/test/advance", "POST", '{"s":8}')

    def kill(self):
        """kill -9: no warning, no drain."""
        self.process.kill()
        self.process.wait()

    def log_tail(self, lines=40):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as log:
                return "".join(log.readlines()[-lines:])
        except FileNotFoundError:
            return ""

    def rss_kib(self):
        """Resident memory, as the kernel counts it."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        return 0

    def dispose(self):
        """Ends what still runs and removes the folder."""
        if self.is_running():
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
