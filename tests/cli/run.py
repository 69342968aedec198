#!/usr/bin/python3
"""Tests of the commands: each runs the real binary against a broker that does what the test says.

usage: run.py [--binary PATH] [PART-OF-A-NAME]
"""

import argparse
import os
import sys
import tempfile
import traceback

import harness
import test_access
import test_client
import test_endpoint
import test_hook
import test_real
import test_rules
import test_target
import test_work

FOLDER = os.path.dirname(os.path.abspath(__file__))
DEFAULT = os.path.join(FOLDER, "..", "..", "build", "release", "sluice")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=DEFAULT)
    parser.add_argument("part", nargs="?", default="")
    words = parser.parse_args()
    binary = os.path.abspath(words.binary)
    if not os.access(binary, os.X_OK):
        sys.exit("no binary at %s: run script/build first" % binary)
    passed = failed = 0
    for test in harness.tests:
        if words.part.replace(" ", "_") not in test.__name__:
            continue
        with tempfile.TemporaryDirectory() as folder, harness.Bench(binary, folder) as bench:
            try:
                test(bench)
                passed += 1
                print("ok   %s" % test.__name__.replace("_", " "), flush=True)
            except Exception:  # a test may fail in any way
                failed += 1
                print("FAIL %s" % test.__name__.replace("_", " "))
                traceback.print_exc(file=sys.stdout)
                print(bench.stderr_of_workers(), flush=True)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


assert test_access and test_client and test_endpoint and test_hook and test_real and test_rules and test_target and test_work
sys.exit(main())
