"""Endpoints that a broker calls: webhooks and push workers set up and looked at; and the stream of events."""

import json
import os
import time

from fake_broker import problem, reply
from harness import contains, equal, test

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK = {"name": "ops", "url": "https://a.example/x", "types": None, "queue": None, "enabled": True, "state": "open",
        "version": 3, "links": {"self": "/v1/webhooks/ops"}, "push": {"state": "open", "resumes_at": None}}
DELIVERY = {"id": "dlv_1", "type": "task.failed", "task_id": "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "state": "due",
            "created_at": "2026-01-02T03:04:05.000Z", "attempts": 1, "next_at": None, "last_status": 500,
            "last_error": "it answered 500"}


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + seconds))


def answers(bench, method, path, status, value):
    bench.broker.answers[(method, path)] = lambda _: reply(status, value)


def has_hook(bench, **members):
    answers(bench, "GET", "/v1/webhooks/ops", 200, {**HOOK, **members})


# ---- webhooks ----

@test
def a_webhooks_filters_are_lifted_by_none_and_shown_as_all(bench):
    has_hook(bench, types=["task.failed"], queue="mail*")
    answers(bench, "PUT", "/v1/webhooks/ops", 200, HOOK)
    code, out, err = bench.run("hook", "create", "ops", "--types", "none", "--queue", "none")
    equal((code, err), (0, ""))
    sent = bench.broker.asked("PUT", "/v1/webhooks/ops")[0].json()
    assert "types" not in sent and "queue" not in sent, sent
    assert [line.split()[1] for line in out.splitlines() if line.split()[0] in ("types", "queue")] == ["all", "all"], out
    assert "links" not in out and "version" not in out, out
    bench.run("hook", "create", "ops", "--types", "*")
    assert "types" not in bench.broker.asked("PUT", "/v1/webhooks/ops")[1].json()


@test
def a_webhooks_secret_stands_apart_or_in_a_file(bench):
    bench.broker.answers["GET", "/v1/webhooks/ops"] = lambda _: problem(404, "not_found", "none")
    answers(bench, "PUT", "/v1/webhooks/ops", 201, {**HOOK, "secret": SECRET})
    code, out, err = bench.run("hook", "create", "ops", "--to", "https://a.example/x")
    equal((code, out.splitlines()[-2:]), (0, ["", "secret  " + SECRET]))
    contains(err, "shown this once")
    code, out, err = bench.run("hook", "create", "ops", "--to", "https://a.example/x", "--out", bench.path("secret"))
    equal(code, 0)
    assert SECRET not in out + err
    with open(bench.path("secret"), encoding="utf-8") as file:
        equal(file.read(), SECRET + "\n")
    equal(os.stat(bench.path("secret")).st_mode & 0o777, 0o600)
    code, out, err = bench.run("hook", "create", "ops", "--to", "x://", "--json", "--out", bench.path("whole"))
    equal((code, out), (0, ""))
    with open(bench.path("whole"), encoding="utf-8") as file:
        equal(json.load(file)["secret"], SECRET)


@test
def a_webhook_whose_secret_stays_makes_no_file(bench):
    has_hook(bench)
    answers(bench, "PUT", "/v1/webhooks/ops", 200, HOOK)
    code, _, err = bench.run("hook", "create", "ops", "--queue", "q", "--out", bench.path("secret"))
    equal((code, os.path.exists(bench.path("secret"))), (0, False))
    contains(err, "No secret was set")


@test
def the_brokers_url_in_place_of_the_webhooks_gets_a_hint(bench):
    bench.broker.answers["GET", "/v1/webhooks/ops"] = lambda _: problem(404, "not_found", "none")
    contains(bench.run("hook", "create", "ops", "--url", bench.broker.url)[2], "Did you mean '--to'?")
    assert "Did you mean" not in bench.run("hook", "create", "ops")[2]


# ---- deliveries ----

@test
def deliveries_show_reasons_ages_and_tasks(bench):
    has_hook(bench)
    answers(bench, "GET", "/v1/webhooks/ops/deliveries", 200,
            {"items": [{**DELIVERY, "created_at": stamp(-125), "next_at": stamp(290)},
                       {**DELIVERY, "last_error": None, "last_status": 204}], "next_cursor": None})
    code, out, err = bench.run("hook", "deliveries", "ops")
    equal((code, err), (0, ""))
    rows = out.splitlines()
    equal(rows[1].split()[:6], ["due", "1", "2m", "4m", "task.failed", DELIVERY["task_id"]])
    contains(rows[1], "it answered 500")
    contains(rows[2], "it answered 204")


@test
def a_delivery_that_is_due_again_says_so_and_until_when_its_webhook_rests(bench):
    has_hook(bench, state="resting", push={"state": "resting", "resumes_at": "2026-01-02T03:04:05.000Z"})
    answers(bench, "POST", "/v1/webhooks/ops/deliveries/dlv_1/redeliver", 202, DELIVERY)
    equal(bench.run("hook", "redeliver", "ops", "dlv_1"),
          (0, "dlv_1 is due again\n", "ops rests until 2026-01-02T03:04:05.000Z: nothing is sent before.\n"))
    answers(bench, "GET", "/v1/webhooks/ops/deliveries", 200, {"items": [DELIVERY], "next_cursor": None})
    contains(bench.run("hook", "deliveries", "ops")[2], "ops rests until")
    equal(bench.run("hook", "deliveries", "ops", "-q"), (0, "dlv_1\n", ""))
    has_hook(bench, state="gone")
    contains(bench.run("hook", "redeliver", "ops", "dlv_1")[2], "'sluice hook enable ops'")


@test
def a_test_says_in_words_how_it_went(bench):
    for members, words, wanted, exit_code in (
            ({"state": "delivered", "last_status": 200, "last_error": None}, ["--wait", "1"],
             "ops took dlv_1: it answered 200\n", 0),
            ({"next_at": None}, ["--wait", "1"], "ops did not take dlv_1: it answered 500; tried again\n", 1),
            ({"state": "dead"}, ["--wait", "1"], "ops did not take dlv_1, which is dead now: it answered 500\n", 1),
            ({"attempts": 0}, [], "dlv_1 is due to ops\n", 0)):
        answers(bench, "POST", "/v1/webhooks/ops/test", 200, {**DELIVERY, **members})
        equal(bench.run("hook", "test", "ops", *words), (exit_code, wanted, ""))


# ---- push workers ----

@test
def a_push_worker_is_made_from_the_shell(bench):
    worker = {"id": "w1", "previous_binding": None, "push_secret": SECRET}
    answers(bench, "POST", "/v1/workers", 201, worker)
    words = ["worker", "create", "--push-url", "https://a.example/jobs", "--queue", "mail", "--queue", "sms"]
    code, out, err = bench.run(*words, "--concurrency", "20", "--type", "welcome")
    equal((code, out), (0, "w1\n\nsecret  " + SECRET + "\n"))
    contains(err, "shown this once")
    equal(bench.broker.asked("POST", "/v1/workers")[0].json(),
          {"identity": "push", "mode": "push", "push_url": "https://a.example/jobs", "queues": ["mail", "sms"],
           "types": ["welcome"], "concurrency": 20})
    code, out, err = bench.run(*words, "--out", bench.path("secret"))
    equal((code, out), (0, "w1\n"))
    with open(bench.path("secret"), encoding="utf-8") as file:
        equal(file.read(), SECRET + "\n")
    answers(bench, "POST", "/v1/workers", 201, {"id": "w1", "previous_binding": "w1"})
    code, out, err = bench.run(*words)
    equal((code, out), (0, "w1\n"))
    contains(err, "was there already")


@test
def a_push_worker_without_its_url_is_a_usage_error(bench):
    code, out, err = bench.run("worker", "create", "--url", bench.broker.url, "--queue", "q")
    equal((code, out, len(bench.broker.requests)), (64, "", 0))
    contains(err, "Did you mean '--push-url'?")


@test
def a_worker_is_paused_run_and_deleted(bench):
    for verb, state in (("pause", "paused"), ("run", "run")):
        bench.broker.answers["PATCH", "/v1/workers/w1"] = lambda request: reply(200, request.json())
        equal(bench.run("worker", verb, "w1"), (0, "w1 %s\n" % state, ""))
    bench.broker.answers["DELETE", "/v1/workers/w1"] = lambda _: (204, {}, b"")
    equal(bench.run("worker", "delete", "w1"), (0, "w1 deleted\n", ""))


@test
def a_task_names_who_is_told_of_its_end(bench):
    answers(bench, "POST", "/v1/tasks", 201, {"id": "t1"})
    for said, wanted in (("ops", {"webhook": "ops"}), ("https://a.example/x", {"url": "https://a.example/x"})):
        bench.broker.requests.clear()
        equal(bench.run("submit", "x", "--callback", said)[0], 0)
        equal(bench.broker.asked("POST", "/v1/tasks")[0].json()["callback"], wanted)


# ---- what is wrong ----

@test
def what_is_wrong_is_said_once_with_its_place(bench):
    bench.broker.answers["GET", "/v1/tasks"] = lambda _: problem(
        400, "invalid_field", "must be nice", errors=[{"parameter": "state", "detail": "must be nice"}])
    equal(bench.run("task", "list")[2], "sluice: state: must be nice (invalid_field)\n")
    bench.broker.answers["GET", "/v1/tasks"] = lambda _: problem(
        400, "invalid_field", "must be nice", errors=[{"parameter": "state", "detail": "must be nice"},
                                                      {"parameter": "sort", "detail": "no"}])
    equal(len(bench.run("task", "list")[2].splitlines()), 3)


# ---- events ----

def streams(bench, path, *texts):
    left = list(texts)
    bench.broker.answers["GET", path] = lambda _: (
        (200, {"Content-Type": "text/event-stream"}, left.pop(0)) if left else (204, {}, b""))


@test
def an_event_that_is_not_there_yet_is_no_missed_one(bench):
    text = b'id: 9000\nevent: reset\ndata: {"first":"5000","last":"9000"}\n\n'
    streams(bench, "/v1/events", text)
    equal(bench.run("watch", "--after", "9999999")[1],
          "(there is no event 9999999 yet, the last one is 9000: this goes on from there)\n")
    streams(bench, "/v1/events", text)
    contains(bench.run("watch", "--after", "1")[1], "events were missed")


@test
def watching_a_task_that_has_ended_says_so(bench):
    streams(bench, "/v1/tasks/x/events")
    equal(bench.run("watch", "--task", "x"), (0, "", "task x has ended before; 'sluice task show x' tells how.\n"))
    streams(bench, "/v1/tasks/x/events", b"event: bye\ndata: {}\n\n")
    equal(bench.run("watch", "--task", "x"), (0, "", ""))
