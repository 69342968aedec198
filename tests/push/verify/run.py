#!/usr/bin/python3
"""Signatures against the reference library of Standard Webhooks: what the binary signs the library takes, what the
library signs the binary takes, and neither takes what was changed. The library comes by npm, into the cache; where there
is no npm, or it cannot fetch, the test is skipped (exit code 77).

usage: run.py [--binary PATH]
"""

import argparse
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
DEFAULT = HERE / "../../../build/release/sluice"
CACHE = pathlib.Path(os.environ.get("SLUICE_CACHE") or pathlib.Path.home() / ".cache/sluice") / "npm"
LIBRARY = "standardwebhooks@1.0.0"
SKIPPED = 77
BODIES = ["{}", "null", '"x"', '{"test": 2432232314}', '{"name": "Zo\u00eb \U0001f600", "n": [1, 2.50]}', "[ ]\n", " 1 ",
          '"' + "x" * 300000 + '"']


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)


def install():
    """The library, once for each version."""
    folder = CACHE / LIBRARY
    if (folder / "node_modules/standardwebhooks").is_dir():
        return folder
    if not shutil.which("npm") or not shutil.which("node"):
        skip("this machine has no node and npm")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as fresh:
        done = subprocess.run(["npm", "install", "--prefix", fresh, "--no-save", "--ignore-scripts", "--no-audit",
                               "--no-fund", LIBRARY], capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            skip("npm cannot fetch %s: %s" % (LIBRARY, done.stderr.strip()[-300:]))
        folder.mkdir(exist_ok=True)
        shutil.move(fresh + "/node_modules", folder / "node_modules")
    return folder


class Pair:
    def __init__(self, binary, library, folder):
        self.binary, self.library, self.folder = binary, library, pathlib.Path(folder)

    def ask_library(self, questions):
        done = subprocess.run(["node", HERE / "verifier.js"], env={**os.environ, "NODE_PATH": self.library / "node_modules"},
                              input="\n".join(json.dumps(question) for question in questions), text=True,
                              capture_output=True, timeout=60, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def hook(self, verb, secret, words, body):
        key = self.folder / "key"
        key.write_text(secret + "\n")
        return subprocess.run([self.binary, "hook", verb, "--secret-file", key, *words], input=body.encode(),
                              capture_output=True, timeout=20, check=False)

    def signed(self, secret, name, body, *words):
        done = self.hook("sign", secret, ["--id", name, *words], body)
        assert done.returncode == 0, done.stderr
        return dict(line.split(": ", 1) for line in done.stdout.decode().splitlines())

    def takes(self, secret, headers, body):
        words = ["--id", headers["webhook-id"], "--timestamp", headers["webhook-timestamp"],
                 "--signature", headers["webhook-signature"]]
        return self.hook("verify", secret, words, body).returncode == 0


def secrets():
    return ["whsec_" + base64.b64encode(os.urandom(size)).decode() for size in (24, 32, 63, 64)]


def the_library_takes_what_the_binary_signs(pair):
    questions = []
    for secret in secrets():
        for body in BODIES:
            questions.append({"secret": secret, "headers": pair.signed(secret, "msg_1", body), "body": body})
    for answer, question in zip(pair.ask_library(questions), questions, strict=True):
        assert answer == {"refusal": None}, (answer, question["headers"], question["body"][:80])


def the_binary_takes_what_the_library_signs(pair):
    at_s = int(time.time())
    questions = [{"secret": secret, "id": "msg_2", "at_s": at_s, "body": body} for secret in secrets() for body in BODIES]
    for answer, question in zip(pair.ask_library(questions), questions, strict=True):
        headers = {"webhook-id": "msg_2", "webhook-timestamp": str(at_s), "webhook-signature": answer["signature"]}
        assert pair.takes(question["secret"], headers, question["body"]), (answer, question["body"][:80])
        rotated = {**headers, "webhook-signature": "v1a,x v1,y " + answer["signature"]}
        assert pair.takes(question["secret"], rotated, question["body"]), rotated


def neither_takes_what_was_changed(pair):
    secret, other, body = *secrets()[:2], '{"test": 2432232314}'
    headers = pair.signed(secret, "msg_3", body)
    late = pair.signed(secret, "msg_3", body, "--timestamp", str(int(time.time()) - 400))
    early = pair.signed(secret, "msg_3", body, "--timestamp", str(int(time.time()) + 400))
    changed = [(other, headers, body), (secret, headers, body + " "), (secret, late, body), (secret, early, body),
               (secret, {**headers, "webhook-id": "msg_4"}, body),
               (secret, {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}, body),
               (secret, {**headers, "webhook-signature": "v1," + "A" * 43 + "="}, body),
               (secret, {**headers, "webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")}, body)]
    answers = pair.ask_library([{"secret": key, "headers": head, "body": text} for key, head, text in changed])
    for answer, (key, head, text) in zip(answers, changed, strict=True):
        assert answer["refusal"] is not None, (head, text)
        assert not pair.takes(key, head, text), (head, text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=DEFAULT)
    binary = os.path.abspath(parser.parse_args().binary)
    library = install()
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair(binary, library, folder)
        for check in (the_library_takes_what_the_binary_signs, the_binary_takes_what_the_library_signs,
                      neither_takes_what_was_changed):
            check(pair)
            print("ok  ", check.__name__.replace("_", " "), flush=True)


main()
