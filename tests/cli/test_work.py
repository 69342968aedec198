"""sluice work --exec: what a program gets, what its end means, and how a worker stops."""

import base64
import json
import os
import signal
import time

from harness import contains, equal, test


def is_alive(pid):
    """A zombie is not alive."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def pid_in(path):
    wait_until(lambda: os.path.exists(path) and open(path, encoding="ascii").read().strip())
    return int(open(path, encoding="ascii").read())


@test
def the_payload_and_a_json_result_keep_every_byte(bench):
    payload = b'{"big": 12345678901234567890123, "a": 0.10,  "a": 1e999}'
    lease = bench.broker.offer(payload)
    bench.work("cat")
    equal(bench.broker.outcome(lease), ("complete", "application/json", payload))


@test
def a_binary_payload_arrives_decoded(bench):
    data = bytes(range(256)) * 1000
    lease = bench.broker.offer(None, payload_base64=base64.b64encode(data).decode(), content_type="image/x-test")
    bench.work('printf "%s " "$TASK_CONTENT_TYPE"; md5sum')
    verb, content_type, body = bench.broker.outcome(lease)
    import hashlib
    equal((verb, content_type), ("complete", "text/plain"))
    equal(body, b"image/x-test " + hashlib.md5(data).hexdigest().encode() + b"  -\n")


@test
def bytes_that_are_no_text_are_octets(bench):
    lease = bench.broker.offer()
    bench.work(r"printf '\377\000\001'")
    equal(bench.broker.outcome(lease), ("complete", "application/octet-stream", b"\xff\x00\x01"))


@test
def a_program_that_prints_nothing_succeeds(bench):
    lease = bench.broker.offer()
    bench.work("exit 0")
    equal(bench.broker.outcome(lease), ("complete", "text/plain", b""))


@test
def a_program_need_not_read_its_payload(bench):
    lease = bench.broker.offer(b'"' + b"x" * 900000 + b'"')
    bench.work("exec <&-; echo done")
    equal(bench.broker.outcome(lease)[0], "complete")


@test
def the_environment_says_what_the_task_is(bench):
    lease = bench.broker.offer(b"1", id="01890000-0000-7000-8000-000000000001", type="thumb nail", attempt=2,
                               max_attempts=7, attempt_deadline_at="2026-01-02T04:04:05.000Z",
                               traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    bench.work('echo "$TASK_ID|$TASK_TYPE|$TASK_QUEUE|$TASK_ATTEMPT|$TASK_MAX_ATTEMPTS|$TASK_DEADLINE|'
               '$TASK_CONTENT_TYPE|$SLUICE_URL|$TRACEPARENT|$1|$2"', env={"TASK_ID": "wrong"}, args=("--queue", "x y"))
    text = bench.broker.outcome(lease)[2].decode().strip()
    equal(text.split("|"), ["01890000-0000-7000-8000-000000000001", "thumb nail", "q", "2", "7",
                            "2026-01-02T04:04:05.000Z", "application/json", bench.broker.url,
                            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "--queue", "x y"])


def failure_of(bench, program, **members):
    lease = bench.broker.offer(**members)
    bench.work(program)
    verb, content_type, body = bench.broker.outcome(lease)
    equal((verb, content_type), ("fail", "application/json"))
    return json.loads(body)


@test
def an_exit_status_is_a_failure_under_the_retry_policy(bench):
    error = failure_of(bench, "echo first >&2; echo the reason >&2; exit 3")
    equal(error["type"], "exit_status")
    equal(error["message"], "exit status 3: the reason")
    equal(error["trace"], "first\nthe reason\n")
    equal(error["data"], {"exit_status": 3})
    assert "retryable" not in error and "delay_s" not in error


@test
def exit_75_asks_for_a_retry_when_the_program_says(bench):
    error = failure_of(bench, "echo 'retry-after 30' >&3; exit 75")
    equal((error["retryable"], error["delay_s"]), (True, 30))


@test
def exit_65_is_permanent(bench):
    equal(failure_of(bench, "exit 65")["retryable"], False)


@test
def exit_100_is_permanent(bench):
    equal(failure_of(bench, "exit 100")["retryable"], False)


@test
def death_by_a_signal_is_a_failure(bench):
    error = failure_of(bench, "kill -SEGV $$")
    equal((error["type"], error["data"]), ("signal", {"signal": 11}))
    contains(error["message"], "SIGSEGV")


@test
def a_result_beyond_the_cap_fails_for_good(bench):
    error = failure_of(bench, "head -c 1100000 /dev/zero | tr '\\0' x")
    equal((error["type"], error["retryable"]), ("result_too_large", False))


@test
def a_result_that_the_broker_refuses_fails_for_good(bench):
    bench.broker.refuse_results = True
    error = failure_of(bench, "echo hello")
    equal((error["type"], error["retryable"]), ("result_refused", False))


@test
def a_program_that_goes_away_fails_the_task(bench):
    lease = bench.broker.offer()
    bench.work("rm $0; exec cat")
    equal(bench.broker.outcome(lease)[0], "complete")
    second = bench.broker.offer()
    error = json.loads(bench.broker.outcome(second)[2])
    equal(error["type"], "exec_failed")


@test
def a_program_that_is_not_there_is_refused_at_once(bench):
    code, _, err = bench.run("work", "--queue", "q", "--exec", "/no/such/program")
    equal(code, 1)
    contains(err, "/no/such/program")


@test
def control_lines_say_progress_log_and_result(bench):
    lease = bench.broker.offer()
    bench.work("echo 'progress 0.4 nearly there' >&3; echo 'log a line' >&3; echo not this; sleep 0.5;"
               "echo 'result {\"a\": 1.0}' >&3; echo nonsense >&3")
    equal(bench.broker.outcome(lease), ("complete", "application/json", b'{"a": 1.0}'))
    equal(bench.broker.progress[lease], [{"percent": 40, "message": "nearly there"}])
    equal(bench.broker.logs[lease], b"a line\n")


@test
def stderr_is_the_log_and_is_there_before_the_outcome(bench):
    lease = bench.broker.offer()
    bench.work("for i in $(seq 2000); do echo line $i >&2; done; echo -n no end >&2")
    bench.broker.outcome(lease)
    wanted = "".join("line %d\n" % i for i in range(1, 2001)) + "no end\n"
    equal(bench.broker.logs[lease].decode(), wanted)


@test
def a_log_is_text_whatever_a_program_prints(bench):
    lease = bench.broker.offer()
    bench.work(r"printf 'a\377\000b\303\244\r\n\n' >&2")
    bench.broker.outcome(lease)
    equal(bench.broker.logs[lease].decode(), "a\ufffd\ufffdb\u00e4\n\n")


@test
def a_log_without_end_is_capped_and_says_so(bench):
    lease = bench.broker.offer()
    bench.work("head -c 3000000 /dev/zero | tr '\\0' x | fold -w 100 >&2")
    bench.broker.outcome(lease, 20)
    log = bench.broker.logs[lease]
    assert len(log) < 1100000, len(log)
    contains(log[-60:].decode(), "more lines did not fit]")


@test
def a_cancel_ends_the_whole_group_at_once(bench):
    lease = bench.broker.offer()
    bench.work("sleep 60 & echo $! > %s; wait" % bench.path("pid"))
    pid = pid_in(bench.path("pid"))
    begin = time.monotonic()
    bench.broker.cancel(lease)
    equal(bench.broker.outcome(lease)[0], "cancelled")
    assert time.monotonic() - begin < 2
    wait_until(lambda: not is_alive(pid))


@test
def a_cancel_that_is_ignored_is_followed_by_a_kill_within_its_grace(bench):
    lease = bench.broker.offer()
    bench.work("trap '' TERM; echo $$ > %s; while :; do sleep 0.1; done" % bench.path("pid"))
    pid = pid_in(bench.path("pid"))
    begin = time.monotonic()
    bench.broker.cancel(lease, grace_s=1)
    equal(bench.broker.outcome(lease)[0], "cancelled")
    assert 0.5 < time.monotonic() - begin < 1.1, time.monotonic() - begin
    assert not is_alive(pid)


@test
def a_lost_lease_ends_the_program_and_reports_nothing(bench):
    lease = bench.broker.offer()
    bench.work("echo $$ > %s; exec sleep 60" % bench.path("pid"))
    pid = pid_in(bench.path("pid"))
    bench.broker.lose(lease)
    wait_until(lambda: not is_alive(pid))
    second = bench.broker.offer()
    wait_until(lambda: not bench.broker.ready)
    assert lease not in bench.broker.outcomes and second not in bench.broker.outcomes


@test
def a_stale_answer_to_a_log_line_ends_the_program(bench):
    lease = bench.broker.offer()
    bench.work("echo $$ > %s; while :; do echo tick >&2; sleep 0.1; done" % bench.path("pid"))
    pid = pid_in(bench.path("pid"))
    with bench.broker.lock:
        bench.broker.stale.add(lease)
    wait_until(lambda: not is_alive(pid))


@test
def the_attempts_deadline_ends_it_by_the_brokers_clock(bench):
    begin = time.monotonic()
    error = failure_of(bench, "exec sleep 60", claimed_at="2001-01-01T00:00:00.000Z",
                       attempt_deadline_at="2001-01-01T00:00:01.000Z")
    equal(error["type"], "timeout")
    assert 0.9 < time.monotonic() - begin < 4


@test
def kill_after_follows_a_deadline_that_is_ignored(bench):
    lease = bench.broker.offer(claimed_at="2001-01-01T00:00:00.000Z", attempt_deadline_at="2001-01-01T00:00:00.500Z")
    bench.work("trap '' TERM; while :; do sleep 0.1; done", "--kill-after", "300ms")
    equal(json.loads(bench.broker.outcome(lease, 5)[2])["type"], "timeout")


@test
def what_a_program_leaves_behind_in_its_group_is_ended(bench):
    lease = bench.broker.offer()
    bench.work("sleep 60 & echo $! > %s; echo done" % bench.path("pid"))
    equal(bench.broker.outcome(lease)[2], b"done\n")
    pid = pid_in(bench.path("pid"))
    wait_until(lambda: not is_alive(pid))


@test
def orphans_become_no_zombies(bench):
    lease = bench.broker.offer()
    bench.work("setsid sh -c 'echo $$ > %s; exec sleep 0.3' >/dev/null 2>&1 3>&- & sleep 0.1; echo done" % bench.path("pid"))
    bench.broker.outcome(lease)
    pid = pid_in(bench.path("pid"))
    wait_until(lambda: not os.path.exists("/proc/%d" % pid))


@test
def so_many_run_at_the_same_time_and_no_more(bench):
    leases = [bench.broker.offer() for _ in range(6)]
    folder = bench.path("running")
    os.mkdir(folder)
    bench.work("touch %s/$$; ls %s | wc -l; sleep 0.3; rm %s/$$" % (folder, folder, folder), "--concurrency", "3")
    seen = [int(bench.broker.outcome(lease)[2]) for lease in leases]
    equal(max(seen), 3)


@test
def sigterm_finishes_what_runs_and_leaves(bench):
    lease = bench.broker.offer()
    worker = bench.work("touch %s; sleep 1; echo done" % bench.path("started"))
    wait_until(lambda: os.path.exists(bench.path("started")))
    worker.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    later = bench.broker.offer()
    equal(worker.wait(10), 0)
    equal(bench.broker.outcome(lease), ("complete", "text/plain", b"done\n"))
    assert later not in bench.broker.outcomes
    assert len(bench.broker.ready) == 1 and not bench.broker.workers


@test
def a_second_signal_stops_at_once(bench):
    bench.broker.offer()
    worker = bench.work("trap '' TERM; echo $$ > %s; while :; do sleep 0.1; done" % bench.path("pid"))
    pid = pid_in(bench.path("pid"))
    worker.send_signal(signal.SIGINT)
    time.sleep(0.2)
    worker.send_signal(signal.SIGINT)
    equal(worker.wait(5), 130)
    assert not is_alive(pid)
    assert not bench.broker.outcomes and not bench.broker.workers


@test
def a_killed_worker_takes_its_program_with_it(bench):
    bench.broker.offer()
    worker = bench.work("echo $$ > %s; exec sleep 60" % bench.path("pid"))
    pid = pid_in(bench.path("pid"))
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    wait_until(lambda: not is_alive(pid))


@test
def max_tasks_ends_the_worker(bench):
    for _ in range(3):
        bench.broker.offer()
    worker = bench.work("echo done", "--max-tasks", "2", "--concurrency", "5")
    equal(worker.wait(10), 0)
    equal((len(bench.broker.outcomes), len(bench.broker.ready)), (2, 1))


@test
def exit_when_idle_ends_the_worker(bench):
    lease = bench.broker.offer()
    worker = bench.work("sleep 1", "--exit-when-idle", "500ms")
    equal(worker.wait(10), 0)
    assert lease in bench.broker.outcomes


@test
def a_broker_that_is_away_is_waited_for_and_the_program_goes_on(bench):
    lease = bench.broker.offer()
    bench.work("touch %s; sleep 1.5; echo done" % bench.path("started"))
    wait_until(lambda: os.path.exists(bench.path("started")))
    with bench.broker.lock:
        bench.broker.is_away = True
        bench.broker.lock.notify_all()
    time.sleep(2)
    assert not bench.broker.outcomes
    with bench.broker.lock:
        bench.broker.is_away = False
    equal(bench.broker.outcome(lease, 20), ("complete", "text/plain", b"done\n"))


@test
def retry_after_is_honoured(bench):
    bench.broker.busy_for = 1
    lease = bench.broker.offer()
    begin = time.monotonic()
    bench.work("echo done")
    bench.broker.outcome(lease)
    assert time.monotonic() - begin >= 1


@test
def a_forgotten_worker_registers_again_and_its_program_goes_on(bench):
    lease = bench.broker.offer()
    bench.work("touch %s; sleep 1.5; echo done" % bench.path("started"))
    wait_until(lambda: os.path.exists(bench.path("started")))
    with bench.broker.lock:
        bench.broker.workers.clear()
        bench.broker.lock.notify_all()
    equal(bench.broker.outcome(lease)[2], b"done\n")
    equal(len(bench.broker.asked("POST", "/v1/workers")), 2)


@test
def quiet_stops_the_claims_until_told_otherwise(bench):
    bench.broker.state = "quiet"
    bench.work("echo done")
    wait_until(lambda: any(r.path.endswith("/heartbeat") for r in bench.broker.requests))
    time.sleep(0.7)
    lease = bench.broker.offer()
    time.sleep(0.5)
    assert lease not in bench.broker.outcomes
    with bench.broker.lock:
        bench.broker.state = "run"
        bench.broker.lock.notify_all()
    bench.broker.outcome(lease)


@test
def terminate_ends_the_worker(bench):
    worker = bench.work("echo done")
    wait_until(lambda: bench.broker.workers)
    with bench.broker.lock:
        bench.broker.state = "terminate"
        bench.broker.lock.notify_all()
    equal(worker.wait(10), 0)


@test
def an_idle_worker_asks_seldom(bench):
    bench.work("echo done")
    wait_until(lambda: bench.broker.workers)
    time.sleep(2)
    assert len(bench.broker.requests) < 12, [r.path for r in bench.broker.requests]
