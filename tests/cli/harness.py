"""What every test of the commands has at hand: a fake broker, the binary, and workers that are ended with the test."""

import os
import signal
import stat
import subprocess

from fake_broker import FakeBroker

tests = []


def test(function):
    tests.append(function)
    return function


def equal(found, wanted):
    assert found == wanted, "%r is not %r" % (found, wanted)


def contains(text, part):
    assert part in text, "%r is not in %r" % (part, text)


class Bench:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.broker = FakeBroker()
        self.workers = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGKILL)
            worker.wait()
        self.broker.close()

    def env(self, **more):
        env = {key: value for key, value in os.environ.items()
               if not key.startswith(("SLUICE_", "TASK_", "NO_COLOR", "FORCE_COLOR", "SSL_CERT_",
                                        "CURL_CA_BUNDLE"))}
        env.update({"SLUICE_URL": self.broker.url, **more})
        return env

    def run(self, *words, stdin=b"", timeout=20, **env):
        """Run a command to its end: exit code, stdout, stderr as text."""
        done = subprocess.run([self.binary, *words], input=stdin, capture_output=True, timeout=timeout,
                              env=self.env(**env), check=False)
        return done.returncode, done.stdout.decode(errors="surrogateescape"), done.stderr.decode(errors="replace")

    def script(self, text):
        """An executable shell script; its path."""
        path = os.path.join(self.folder, "program-%d" % len(os.listdir(self.folder)))
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/bash\n" + text + "\n")
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return path

    def path(self, name):
        return os.path.join(self.folder, name)

    def work(self, program, *options, env=None, args=()):
        """Start a worker in the background; program is a shell script's text."""
        log = open(self.path("worker-%d.log" % len(self.workers)), "wb")
        worker = subprocess.Popen([self.binary, "work", "--queue", "q", *options, "--exec", self.script(program), *args],
                                  stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env(**(env or {})))
        log.close()
        self.workers.append(worker)
        return worker

    def stderr_of_workers(self):
        texts = []
        for i in range(len(self.workers)):
            path = self.path("worker-%d.log" % i)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    texts.append(file.read())
        return "\n".join(texts)
