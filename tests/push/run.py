#!/usr/bin/python3
"""The broker as a client: tasks pushed to URLs and webhooks, against endpoints that misbehave, and addresses that it must
never call.

Usage: tests/push/run.py --binary PATH [NAME-PART...]
"""

import argparse
import os
import sys
import time
import traceback

import answers
import connecting
import dispatch
import hooks
import pacing
import registration
from harness import World

MODULES = (registration, connecting, answers, dispatch, pacing, hooks)


def play(binary, test):
    world = World(binary)
    began = time.monotonic()
    try:
        test(world)
        gone = [broker for broker in world.brokers if broker.process.poll() not in (None, 0, -9)]
        if gone:
            raise AssertionError(f"the broker ended by itself: {gone[0].process.returncode}")
        print(f"ok   {test.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
        return True
    except Exception:
        print(f"FAIL {test.__name__} ({time.monotonic() - began:.1f} s)")
        traceback.print_exc(file=sys.stdout)
        for broker in world.brokers:
            print(broker.log_tail(20))
        sys.stdout.flush()
        return False
    finally:
        world.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("names", nargs="*", help="parts of tests' names; all without")
    options = parser.parse_args()
    # A broker that is preloaded with a look-up of the tests' own has its sanitizer second.
    # And freed memory that a sanitizer keeps for a while would look like a leak.
    also = "verify_asan_link_order=0:quarantine_size_mb=4"
    os.environ["ASAN_OPTIONS"] = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), also)))
    chosen = [test for module in MODULES for test in module.TESTS
              if not options.names or any(part in test.__name__ for part in options.names)]
    failed = sum(not play(options.binary, test) for test in chosen)
    print(f"{len(chosen)} tests, {failed} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
