#!/usr/bin/python3
"""The broker as a process: settings, exit codes, its data folder, draining and stopping.

Usage: tests/serve/run.py --binary PATH [NAME-PART...]
"""

import argparse
import json
import os
import signal
import socket
import stat
import sys
import threading
import time
import traceback

import certificates
import others
from harness import Bench, ask, contains, equal, free_port, log_lines, refused, until


def claimed_task(broker):
    """A worker, a task and its lease."""
    _, worker = ask(broker, "POST", "/v1/workers", {"identity": "w", "queues": ["q"]})
    _, task = ask(broker, "POST", "/v1/tasks", {"queue": "q", "lease_s": 60})
    _, claim = ask(broker, "POST", f"/v1/workers/{worker['id']}/claim", {})
    return worker["id"], task["id"], claim["tasks"][0]["lease"]


# ---- settings ----

def help_names_every_setting(bench):
    text = bench.run("serve", "--help")
    shown = json.loads(bench.run("config", "show", "--json").stdout)
    equal(text.returncode, 0)
    contains(text.stdout, "  --insecure-no-auth\n")
    for key in shown:
        contains(text.stdout, "--" + key.split(".")[-1].replace("_", "-"))


def what_show_prints_can_be_read_back(bench):
    first = bench.run("config", "show", "--drain-timeout", "3s", "--parked-max", "77", "--require-tls")
    contains(first.stdout, "require_tls = true\n")
    path = os.path.join(bench.broker().folder, "sluice.toml")
    with open(path, "w", encoding="utf-8") as out:
        out.write(first.stdout)
    second = bench.run("config", "show", "--config", path)
    equal(second.returncode, 0, second.stderr)
    equal(second.stdout, first.stdout)
    equal(bench.run("config", "check", env={"SLUICE_CONFIG": path}).returncode, 0)


def origins_are_shown(bench):
    shown = bench.run("config", "show", "--origin", "--log-level", "warn", env={"SLUICE_DATA": "/x"}).stdout
    contains(shown, 'log_level = "warn" # --log-level')
    contains(shown, 'data = "/x" # SLUICE_DATA')
    contains(shown, 'listen = "127.0.0.1:8080" # default')


def wrong_settings_are_refused(bench):
    refused(bench.run("serve", "--drain-timout", "1"), 64, "did you mean --drain-timeout?")
    refused(bench.run("serve", "word"), 64, "not expected")
    refused(bench.run("serve", "--listen", "0.0.0.0:8080"), 78, "loopback")
    refused(bench.run("serve", "--push-allow", "10.0.0.0/33"), 78, "push_allow")
    refused(bench.run("serve", "--trusted-proxy", "10.0.0.0/33"), 78, "trusted_proxy")
    refused(bench.run("serve", env={"SLUICE_PARKED_MAX": "many"}), 78, "SLUICE_PARKED_MAX")
    refused(bench.run("serve", "--config", "/nowhere/sluice.toml"), 78, "No such file")
    refused(bench.run("serve", "--store", "postgres://x"), 78, "sqlite")


def unknown_variables_only_warn(bench):
    done = bench.run("config", "check", env={"SLUICE_LISTN": "x"})
    equal(done.returncode, 0)
    contains(done.stderr, "SLUICE_LISTN")


def counts_of(broker, queue):
    return ask(broker, "GET", f"/v1/queues/{queue}")[1]["counts"]


# ---- starting ----

def a_second_broker_gets_neither_the_port_nor_the_data(bench):
    first = bench.broker().start()
    other = bench.broker()
    refused(bench.run("serve", "--listen", f"127.0.0.1:{first.port}", "--data", other.folder), 69, "in use")
    refused(bench.run("serve", "--listen", f"127.0.0.1:{free_port()}", "--data", os.path.join(first.folder, "data")), 69, "")
    equal(first.probe("/readyz"), 200)


def a_file_in_place_of_the_data_folder_is_refused(bench):
    path = os.path.join(bench.broker().folder, "file")
    with open(path, "w", encoding="utf-8"):
        pass
    refused(bench.run("serve", "--listen", f"127.0.0.1:{free_port()}", "--data", path), 74, "not a folder")


def the_data_is_its_owners_only(bench):
    broker = bench.broker().start()
    folder = os.path.join(broker.folder, "data")
    equal(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
    for name in os.listdir(folder):
        equal(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) & 0o077, 0, name)


def start_up_says_how_many_requests_can_park(bench):
    broker = bench.broker("--parked-max", "123").start()
    ready = log_lines(broker, "broker.ready")
    equal(len(ready), 1)
    equal(ready[0]["can_park"], 123)
    equal(ready[0]["port"], broker.port)


# ---- stopping ----

def an_idle_broker_stops_at_once(bench):
    broker = bench.broker().start()
    began = time.monotonic()
    broker.stop()
    if time.monotonic() - began > 3:
        raise AssertionError(f"it took {time.monotonic() - began:.1f} s")


def a_drain_waits_for_the_lease_and_takes_nothing_new(bench):
    broker = bench.broker("--drain-timeout", "15s").start()
    worker, _, lease = claimed_task(broker)
    broker.signal(signal.SIGTERM)
    time.sleep(0.3)
    broker.signal(signal.SIGTERM)
    equal(broker.probe("/readyz"), 503)
    equal(broker.probe("/livez"), 200)
    equal(ask(broker, "POST", "/v1/tasks", {})[0], 503)
    equal(ask(broker, "POST", f"/v1/workers/{worker}/claim", {})[0], 503)
    equal(ask(broker, "POST", f"/v1/workers/{worker}/heartbeat", {"leases": "all"})[0], 200)
    equal(ask(broker, "POST", f"/v1/leases/{lease}/complete", {"done": True})[0], 200)
    broker.wait_exit(0, timeout_s=5)


def a_drain_ends_after_its_time(bench):
    broker = bench.broker("--drain-timeout", "1").start()
    claimed_task(broker)
    began = time.monotonic()
    broker.stop()
    took = time.monotonic() - began
    if not 0.8 < took < 5:
        raise AssertionError(f"it took {took:.1f} s")


def leases_outlive_the_restart(bench):
    broker = bench.broker("--drain-timeout", "0").start()
    _, task, lease = claimed_task(broker)
    broker.stop()
    broker.start()
    equal(ask(broker, "GET", f"/v1/tasks/{task}")[1]["state"], "running")
    equal(ask(broker, "POST", f"/v1/leases/{lease}/complete", 1)[1]["state"], "succeeded")


def parked_requests_end_with_the_drain(bench):
    broker = bench.broker("--drain-timeout", "5s").start()
    _, worker = ask(broker, "POST", "/v1/workers", {"identity": "w", "queues": ["q"]})
    _, task = ask(broker, "POST", "/v1/tasks", {"queue": "other"})
    answers = {}

    def wait(name, method, path, body=None):
        answers[name] = ask(broker, method, path, body)[0]

    threads = [threading.Thread(target=wait, args=("claim", "POST", f"/v1/workers/{worker['id']}/claim?wait=30", {})),
               threading.Thread(target=wait, args=("look", "GET", f"/v1/tasks/{task['id']}?wait=30"))]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    broker.stop()
    for thread in threads:
        thread.join(5)
    equal(answers["look"], 200)
    if answers["claim"] not in (204, 503):
        raise AssertionError(f"the claim was answered {answers['claim']}")


def a_second_interrupt_does_not_wait(bench):
    broker = bench.broker("--drain-timeout", "60s").start()
    claimed_task(broker)
    broker.signal(signal.SIGINT)
    time.sleep(0.5)
    equal(broker.probe("/readyz"), 503)
    broker.signal(signal.SIGINT)
    broker.wait_exit(0, timeout_s=5)


def shutdown_by_request(bench):
    broker = bench.broker().start()
    status, answer = ask(broker, "POST", "/v1/shutdown", {"mode": "now"})
    equal(status in (200, 202), True, f"status {status}")
    contains(["draining", "stopped"], answer["state"])
    broker.wait_exit(0, timeout_s=5)


def clients_that_never_finish_do_not_hold_the_stop(bench):
    broker = bench.broker().start()
    sockets = [socket.create_connection(("127.0.0.1", broker.port)) for _ in range(3)]
    sockets[1].sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n")
    sockets[2].sendall(b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{")
    time.sleep(0.2)
    began = time.monotonic()
    broker.stop()
    if time.monotonic() - began > 6:
        raise AssertionError(f"it took {time.monotonic() - began:.1f} s")
    for each in sockets:
        each.close()


def a_submit_that_ends_while_stopping_breaks_nothing(bench):
    broker = bench.broker().start()
    late = socket.create_connection(("127.0.0.1", broker.port))
    late.sendall(b"POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{")
    time.sleep(0.2)
    broker.signal(signal.SIGTERM)
    for _ in range(200):
        time.sleep(0.01)
        if log_lines(broker, "broker.draining"):
            break
    late.sendall(b"}")
    broker.wait_exit(0, timeout_s=6)
    late.close()


def a_stream_whose_client_left_brings_no_more(bench):
    broker = bench.broker().start()
    equal(ask(broker, "PUT", "/v1/queues/tiny", {"pending_limit": 10})[0], 201)
    body = b'{"queue":"tiny"}\n' * 500
    stream = socket.create_connection(("127.0.0.1", broker.port))
    stream.sendall(b"POST /v1/tasks/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
                   b"Content-Length: %d\r\n\r\n" % len(body) + body)
    until(lambda: counts_of(broker, "tiny")["ready"] == 10)
    stream.close()
    until(lambda: ask(broker, "GET", "/v1/stats")[1]["parked"] == 0)
    ask(broker, "POST", "/v1/queues/tiny/purge")
    time.sleep(0.2)
    equal(counts_of(broker, "tiny")["ready"], 0)


TESTS = (
    a_stream_whose_client_left_brings_no_more,
    help_names_every_setting,
    what_show_prints_can_be_read_back,
    origins_are_shown,
    wrong_settings_are_refused,
    unknown_variables_only_warn,
    a_second_broker_gets_neither_the_port_nor_the_data,
    a_file_in_place_of_the_data_folder_is_refused,
    the_data_is_its_owners_only,
    start_up_says_how_many_requests_can_park,
    an_idle_broker_stops_at_once,
    a_drain_waits_for_the_lease_and_takes_nothing_new,
    a_drain_ends_after_its_time,
    leases_outlive_the_restart,
    parked_requests_end_with_the_drain,
    a_second_interrupt_does_not_wait,
    shutdown_by_request,
    clients_that_never_finish_do_not_hold_the_stop,
    a_submit_that_ends_while_stopping_breaks_nothing,
)


def run_one(test, binary):
    """None when it passed, else why not."""
    bench = Bench(binary)
    try:
        test(bench)
        return None
    except Exception:  # whatever it is, the other tests go on
        tail = "".join(broker.log_tail(10) for broker in bench.brokers)
        return traceback.format_exc(limit=-2) + tail
    finally:
        bench.close()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binary", required=True)
    arguments.add_argument("parts", nargs="*")
    options = arguments.parse_args()
    chosen = [test for test in TESTS + others.TESTS + certificates.TESTS if not options.parts or any(part in test.__name__ for part in options.parts)]
    failed = 0
    for test in chosen:
        why = run_one(test, options.binary)
        failed += why is not None
        print(f"{'ok  ' if why is None else 'FAIL'} {test.__name__.replace('_', ' ')}", flush=True)
        if why is not None:
            print(why)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
