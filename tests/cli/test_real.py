"""The commands together with the real broker: submit, work, cancel, restart."""

import hashlib
import json
import os
import signal
import subprocess
import time
import urllib.request

from harness import contains, equal, test

FOLDER = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(FOLDER, "..", "..", "examples")


class RealBroker:
    """`sluice serve` on a free port; its data and log are in the bench's folder."""

    def __init__(self, bench, listen="127.0.0.1:0", *words, scheme="http"):
        self.bench, self.log = bench, bench.path("broker.log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [bench.binary, "serve", "--listen", listen, "--data", bench.path("data"), *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=bench.env())
        bench.workers.append(self.process)
        self.port = self.wait_for_port()
        self.url = "%s://127.0.0.1:%d" % (scheme, self.port)

    def wait_for_port(self):
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            with open(self.log, encoding="utf-8") as file:
                for line in file:
                    if line.endswith("\n") and '"broker.ready"' in line:
                        return json.loads(line)["port"]
            time.sleep(0.05)
        with open(self.log, encoding="utf-8") as file:
            raise AssertionError("the broker did not start: " + file.read())

    def run(self, *words, **more):
        return self.bench.run(*words, **{"SLUICE_URL": self.url, **more})

    def work(self, program, *options, **more):
        return self.bench.work(program, *options, env={"SLUICE_URL": self.url, **more})

    def restart(self, number):
        self.process.send_signal(number)
        self.process.wait(20)
        return RealBroker(self.bench, "127.0.0.1:%d" % self.port)


@test
def a_task_goes_all_the_way_and_its_bytes_come_back(bench):
    broker = RealBroker(bench)
    broker.work('exec "%s"' % os.path.join(EXAMPLES, "sha256.sh"))
    path = os.path.join(EXAMPLES, "files", "gate.png")
    code, out, err = broker.run("submit", "sha256", "--queue", "q", "--raw", path, "--wait")
    with open(path, "rb") as file:
        equal((code, out), (0, hashlib.sha256(file.read()).hexdigest() + "\n"))
    task = err.split()[1]
    equal(broker.run("wait", task)[:2], (0, task + " succeeded\n"))
    equal(broker.run("task", "result", task)[1], out)
    equal(json.loads(broker.run("task", "show", task, "--json")[1])["state"], "succeeded")
    contains(broker.run("task", "list")[1], task)
    contains(broker.run("queue", "list")[1], "open")
    contains(broker.run("worker", "list")[1], '["q"]')
    equal(broker.run("health")[:2], (0, "ready\n"))


@test
def a_payload_keeps_its_bytes_through_the_real_broker(bench):
    broker = RealBroker(bench)
    broker.work("cat")
    payload = '{"big":12345678901234567890123,  "a": 0.10, "a": 1e999}'
    equal(broker.run("submit", "--queue", "q", "--data", payload, "--wait")[:2], (0, payload))


@test
def a_cancel_reaches_a_running_program_at_once(bench):
    broker = RealBroker(bench)
    broker.work("echo started >&2; exec sleep 60")
    task = broker.run("submit", "--queue", "q")[1].strip()
    end = time.monotonic() + 10
    while json.loads(broker.run("task", "show", task, "--json")[1])["state"] != "running":
        assert time.monotonic() < end
        time.sleep(0.05)
    begin = time.monotonic()
    equal(broker.run("task", "cancel", task, "--wait")[:2], (0, task + " cancelled\n"))
    assert time.monotonic() - begin < 2
    equal(broker.run("wait", task)[0], 8)
    equal(json.loads(broker.run("task", "show", task, "--json")[1])["abandoned"], False)


@test
def a_permanent_failure_and_a_retry_by_hand(bench):
    broker = RealBroker(bench)
    broker.work('echo "no good" >&2; test -e %s || exit 65; echo fine' % bench.path("fixed"))
    task = broker.run("submit", "--queue", "q")[1].strip()
    code, out, err = broker.run("wait", task)
    equal((code, out), (7, task + " failed\n"))
    contains(err, "exit status 65: no good")
    open(bench.path("fixed"), "wb").close()
    equal(broker.run("task", "retry", task)[0], 0)
    equal(broker.run("wait", task)[0], 0)
    equal(broker.run("task", "result", task)[1], "fine\n")


@test
def a_schedule_is_set_paused_and_triggered(bench):
    broker = RealBroker(bench)
    task = '{"queue":"q","payload":0.10}'
    equal(broker.run("schedule", "set", "s", "--cron", "0 12 1 7 *", "--timezone", "Europe/Berlin", "--task", task)[0], 0)
    code, out, _ = broker.run("schedule", "next", "s", "--count", "2")
    equal((code, [line[-18:] for line in out.splitlines()]), (0, ["12:00:00.000+02:00"] * 2))
    for verb in ("pause", "resume", "pause"):
        equal(broker.run("schedule", verb, "s")[0], 0)
    equal(broker.run("schedule", "set", "s", "--missed", "all")[0], 0)
    shown = broker.run("schedule", "show", "s", "--json")[1]
    for part in ('"paused":true', '"missed":"all"', f'"task":{task}', '"timezone":"Europe/Berlin"'):
        assert part in shown, (part, shown)
    code, out, _ = broker.run("schedule", "trigger", "s")
    equal((code, broker.run("task", "show", out.strip())[0]), (0, 0))
    assert broker.run("schedule", "set", "s", "--cron", "0 0 31 2 *")[0] != 0
    assert broker.run("schedule", "pause", "none")[0] != 0
    equal(broker.run("schedule", "delete", "s")[:2], (0, "s deleted\n"))


@test
def a_webhook_is_made_tried_and_deleted(bench):
    broker = RealBroker(bench)
    key = bench.path("key")
    with open(key, "w", encoding="utf-8") as file:
        file.write("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    made = broker.run("hook", "create", "ops", "--to", "https://hooks.invalid/in", "--types", "task.*,worker.lost", "--json")
    equal(made[0], 0)
    assert '"secret":"whsec_' in made[1]
    code, out, _ = broker.run("hook", "create", "ops", "--queue", "mail*", "--secret-file", key, "--json")
    equal(code, 0)
    assert '"types":["task.*","worker.lost"]' in out and '"queue":"mail*"' in out and "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" in out
    equal(broker.run("hook", "disable", "ops")[0], 0)
    assert broker.run("hook", "test", "ops")[0] != 0
    shown = broker.run("hook", "show", "ops", "--json")[1]
    assert '"enabled":false' in shown and "whsec_" not in shown
    equal(broker.run("hook", "enable", "ops")[0], 0)
    code, out, _ = broker.run("hook", "test", "ops")
    assert code == 0 and out.startswith("dlv_")
    delivery = out.split()[0]
    assert delivery in broker.run("hook", "deliveries", "ops")[1]
    assert broker.run("hook", "redeliver", "ops", delivery)[1].startswith(delivery)
    equal(broker.run("hook", "redeliver", "ops")[:2], (0, "0 due again, 0 dead\n"))
    assert "ops" in broker.run("hook", "list")[1]
    assert broker.run("hook", "create", "none")[0] == 64
    equal(broker.run("hook", "delete", "ops")[:2], (0, "ops deleted\n"))


@test
def a_paused_queue_gives_out_nothing(bench):
    broker = RealBroker(bench)
    task = broker.run("submit", "--queue", "q")[1].strip()
    equal(broker.run("queue", "pause", "q")[:2], (0, "q paused\n"))
    broker.work("echo done")
    equal(broker.run("wait", task, "--timeout", "1")[0], 9)
    equal(broker.run("queue", "resume", "q")[:2], (0, "q resumed\n"))
    equal(broker.run("wait", task)[0], 0)


@test
def a_program_survives_a_broker_that_is_killed_and_one_that_drains(bench):
    broker = RealBroker(bench)
    broker.work("touch %s.$TASK_NAME$TASK_ID; sleep 2; echo done" % bench.path("run"))
    for number in (signal.SIGKILL, signal.SIGTERM):
        task = broker.run("submit", "--queue", "q")[1].strip()
        end = time.monotonic() + 10
        while not os.path.exists(bench.path("run.") + task):
            assert time.monotonic() < end
            time.sleep(0.05)
        broker = broker.restart(number)
        equal(broker.run("wait", task)[:2], (0, task + " succeeded\n"))
        equal(json.loads(broker.run("task", "show", task, "--json")[1])["attempt"], 1)


@test
def a_push_worker_is_shown_and_given_another_secret(bench):
    broker = RealBroker(bench)
    body = json.dumps({"identity": "mailer", "queues": ["mail"], "mode": "push", "push_url": "https://mailer.invalid/jobs"})
    request = urllib.request.Request(broker.url + "/v1/workers", body.encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        made = json.load(answer)
    contains(broker.run("worker", "list")[1], "push")
    contains(broker.run("worker", "list")[1], "https://mailer.invalid/jobs")
    code, out, _ = broker.run("worker", "show", made["id"])
    equal(code, 0)
    contains(out, "https://mailer.invalid/jobs")
    equal("whsec_" in out, False)
    code, out, err = broker.run("worker", "rotate-secret", made["id"])
    equal((code, out.startswith("whsec_"), out.strip() == made["push_secret"]), (0, True, False))
    contains(err, made["id"])
    path = bench.path("secret")
    equal(broker.run("worker", "rotate-secret", made["id"], "--out", path)[:2], (0, ""))
    with open(path, encoding="utf-8") as file:
        contains(file.read(), "whsec_")
    equal(os.stat(path).st_mode & 0o777, 0o600)
    equal(broker.run("worker", "show", "01890000-0000-7000-8000-000000000000")[0] != 0, True)
