"""The life of a token: made, used, replaced, ended; the file read again; guesses and bounds."""

import signal
import json
import threading
import time
from datetime import datetime, timedelta

from bench import equal, is_one_of

ADMIN = "admin-of-everything-0001"
FIRST, SECOND = "rotated-by-hand-00000001", "rotated-by-hand-00000002"
NO_GUESSES = ("--failures-per-address", "0", "--log-level", "debug")


def until(is_so, timeout_s=10):
    end = time.monotonic() + timeout_s
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError("it did not come to pass")
        time.sleep(0.05)


def works(bench, token):
    status = bench.ask("GET", "/v1/whoami", token).status
    is_one_of(status, (200, 401), "whoami")
    return status == 200


def read_again(bench, *lines):
    bench.secrets |= {line.split()[0] for line in lines if line.split() and not line.startswith("sha256:")}
    bench.broker.write_tokens(lines)
    bench.broker.signal(signal.SIGHUP)


def not_reloaded(bench):
    """How often a file was refused, by the log."""
    with open(bench.broker.log_path, encoding="utf-8") as log:
        return log.read().count("config.not_reloaded")


def two_tokens_are_valid_while_one_replaces_the_other(bench):
    bench.start(f"{FIRST} worker", options=NO_GUESSES)
    equal((works(bench, FIRST), works(bench, SECOND)), (True, False))
    read_again(bench, f"{FIRST} worker", f"{SECOND} worker")
    until(lambda: works(bench, SECOND))
    equal(works(bench, FIRST), True)
    read_again(bench, f"{SECOND} worker # the old one is out")
    until(lambda: not works(bench, FIRST))
    equal(works(bench, SECOND), True)


def a_file_that_cannot_be_read_changes_nothing(bench):
    bench.start(f"{FIRST} worker", options=NO_GUESSES)
    for bad in (f"{SECOND} boss", f"{SECOND}", f"{SECOND} worker ns=a/b", f"{SECOND} worker expires=soon"):
        refused = not_reloaded(bench)
        read_again(bench, bad)
        until(lambda: not_reloaded(bench) > refused)
        equal((works(bench, FIRST), works(bench, SECOND)), (True, False), bad.replace(SECOND, ""))
    read_again(bench, f"{SECOND} worker")
    until(lambda: works(bench, SECOND))


def a_hash_in_the_file_stands_for_its_token(bench):
    import hashlib
    digest = hashlib.sha256(FIRST.encode()).hexdigest()
    bench.start(f"sha256:{digest} viewer", options=NO_GUESSES)
    equal((works(bench, FIRST), works(bench, f"sha256:{digest}"), works(bench, digest)), (True, False, False))


def a_token_of_the_file_ends_in_its_time(bench):
    bench.start(f"{ADMIN} admin", options=NO_GUESSES, clock="manual")
    now = bench.must(200, "POST", "/v1/test/advance", ADMIN, {"s": 0})["now"]
    end = datetime.fromisoformat(now.replace("Z", "+00:00")).replace(microsecond=0) + timedelta(seconds=10)
    read_again(bench, f"{ADMIN} admin", f"{FIRST} worker expires={end:%Y-%m-%dT%H:%M:%SZ}")
    until(lambda: works(bench, FIRST))
    bench.must(200, "POST", "/v1/test/advance", ADMIN, {"s": 8.5})
    equal(works(bench, FIRST), True)
    bench.must(200, "POST", "/v1/test/advance", ADMIN, {"s": 1.5})
    equal((works(bench, FIRST), works(bench, ADMIN)), (False, True))


def a_made_token_is_told_once_and_ends_in_its_time(bench):
    bench.start(f"{ADMIN} admin", options=NO_GUESSES, clock="manual")
    made = bench.must(201, "POST", "/v1/tokens", ADMIN, {"role": "worker", "name": "w", "namespace": "team", "expires_in_s": 60})
    told = bench.must(200, "GET", "/v1/whoami", made["token"])
    equal((told["id"], told["role"], told["namespace"], told["expires_at"]), (made["id"], "worker", "team", made["expires_at"]))
    for path in ("/v1/tokens", f"/v1/tokens/{made['id']}", "/v1/audit"):
        bench.must(200, "GET", path, ADMIN)
    bench.must(200, "POST", "/v1/test/advance", ADMIN, {"s": 59})
    equal(works(bench, made["token"]), True)
    bench.must(200, "POST", "/v1/test/advance", ADMIN, {"s": 2})
    equal(works(bench, made["token"]), False)


def a_rotated_token_works_until_its_overlap_ends(bench):
    bench.start(f"{ADMIN} admin", options=NO_GUESSES, clock="manual")
    old = bench.must(201, "POST", "/v1/tokens", ADMIN, {"role": "worker", "queue": "mail-*"})
    new = bench.must(201, "POST", f"/v1/tokens/{old['id']}/rotate", ADMIN, {"overlap_s": 60})
    equal((works(bench, old["token"]), works(bench, new["token"])), (True, True))
    equal((new["replaces"], new["role"], new["queue"]), (old["id"], "worker", "mail-*"))
    bench.must(200, "POST", "/v1/test/advance", ADMIN, {"s": 61})
    equal((works(bench, old["token"]), works(bench, new["token"])), (False, True))


def a_revoked_token_ends_at_once_and_what_waits_is_answered(bench):
    bench.start(f"{ADMIN} admin", options=NO_GUESSES)
    made = bench.must(201, "POST", "/v1/tokens", ADMIN, {"role": "submitter"})
    task = bench.must(201, "POST", "/v1/tasks", made["token"], {"type": "t"})["id"]
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(
        bench.ask("GET", f"/v1/tasks/{task}?wait=30", made["token"], timeout=40)))
    waiting.start()
    until(lambda: bench.parked(ADMIN) == 1)
    bench.must(204, "DELETE", f"/v1/tokens/{made['id']}", ADMIN)
    equal(works(bench, made["token"]), False)
    bench.must(200, "POST", f"/v1/tasks/{task}/cancel", ADMIN, {})
    waiting.join(10)
    equal([(answer.status, answer.json["state"]) for answer in answers], [(200, "cancelled")])


def tokens_outlive_the_broker(bench):
    bench.start(f"{ADMIN} admin", options=NO_GUESSES)
    made = bench.must(201, "POST", "/v1/tokens", ADMIN, {"role": "viewer"})
    gone = bench.must(201, "POST", "/v1/tokens", ADMIN, {"role": "viewer"})
    bench.must(204, "DELETE", f"/v1/tokens/{gone['id']}", ADMIN)
    for end in (bench.broker.stop, bench.broker.kill):
        end()
        bench.broker.start()
        equal((works(bench, made["token"]), works(bench, gone["token"])), (True, False))


def an_open_broker_closes_with_its_first_token(bench):
    bench.start_open(options=NO_GUESSES)
    equal(bench.ask("GET", "/v1/tasks").status, 200)
    equal(bench.ask("POST", "/v1/tokens", body={"role": "worker"}).status, 409)
    made = bench.must(201, "POST", "/v1/tokens", body={"role": "admin"})
    equal((bench.ask("GET", "/v1/tasks").status, works(bench, made["token"])), (401, True))
    other = bench.must(201, "POST", "/v1/tokens", made["token"], {"role": "viewer"})
    equal(bench.ask("DELETE", f"/v1/tokens/{made['id']}", made["token"]).status, 409)
    bench.must(204, "DELETE", f"/v1/tokens/{other['id']}", made["token"])
    bench.must(204, "DELETE", f"/v1/tokens/{made['id']}", made["token"])
    equal(bench.ask("GET", "/v1/tasks").status, 200)


def nobody_gives_more_than_they_have(bench):
    bench.start(f"{ADMIN} admin", f"{FIRST} admin ns=team-* queue=mail-*", f"{SECOND} operator", options=NO_GUESSES)
    for asked in ({"namespace": "*"}, {"namespace": "other"}, {"namespace": "team-a", "queue": "*"},
                  {"namespace": "team-a", "queue": "mail-1,sms"}):
        equal(bench.ask("POST", "/v1/tokens", FIRST, {"role": "viewer", **asked}).status, 403, asked)
    made = bench.must(201, "POST", "/v1/tokens", FIRST, {"role": "admin", "namespace": "team-a", "queue": "mail-1"})
    equal((made["namespace"], made["queue"]), ("team-a", "mail-1"))
    equal(bench.ask("POST", "/v1/tokens", SECOND, {"role": "viewer"}).status, 403)
    wide = bench.must(201, "POST", "/v1/tokens", ADMIN, {"role": "viewer"})
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate")):
        body = {} if method == "POST" else None
        equal(bench.ask(method, f"/v1/tokens/{wide['id']}{path}", FIRST, body).status, 404, method)
    seen = {item["id"] for item in bench.must(200, "GET", "/v1/tokens", FIRST)["items"]}
    equal((wide["id"] in seen, made["id"] in seen), (False, True))


def guesses_are_slowed_down_and_put_on_record(bench):
    bench.start(f"{ADMIN} admin", options=("--failures-per-address", "5", "--log-level", "debug"))
    ours = bench.must(201, "POST", "/v1/tokens", ADMIN, {"role": "operator"})["token"]
    for _ in range(50):
        equal(bench.ask("GET", "/v1/whoami").status, 401)
    got = [bench.ask("GET", "/v1/whoami", f"a-guess-of-a-token-{nth:04d}") for nth in range(20)]
    equal([answer.status for answer in got], [401] * 5 + [429] * 15)
    equal((got[5].code, 1 <= int(got[5].headers["retry-after"]) <= 12), ("rate_limited", True))
    equal(bench.ask("GET", "/v1/whoami", ADMIN).status, 429, "a plain token, which may be a guess")
    equal(bench.ask("GET", "/v1/whoami", ours).status, 200, "a token that cannot be guessed")
    equal(bench.ask("GET", "/livez").status, 200)
    until(lambda: bench.must(200, "GET", "/v1/audit?action=auth.refused", ours)["items"])
    rows = bench.must(200, "GET", "/v1/audit?action=auth.refused", ours)["items"]
    equal([(row["address"], row["detail"], row["actor"]) for row in rows], [("127.0.0.1", {"count": 1}, "anonymous")])
    bench.broker.stop()
    bench.broker.start()
    rows = bench.must(200, "GET", "/v1/audit?action=auth.refused", ours)["items"]
    equal([row["detail"] for row in rows], [{"count": 1}, {"count": 20}], "19 guesses more, and what may have been one")
    for nth in range(3):
        bench.ask("GET", "/v1/whoami", f"a-guess-of-a-token-{nth:04d}")
    bench.must(202, "POST", "/v1/shutdown", bench.must(201, "POST", "/v1/tokens", ADMIN, {"role": "admin"})["token"], {})
    until(lambda: bench.broker.process.poll() is not None)
    bench.broker.start()
    rows = bench.must(200, "GET", "/v1/audit?action=auth.refused", ours)["items"]
    equal([row["detail"] for row in rows][2:], [{"count": 1}, {"count": 2}])


def a_token_has_a_rate_and_urgent_requests_have_none(bench):
    bench.start(f"{ADMIN} admin", f"{FIRST} worker",
                options=(*NO_GUESSES, "--rate-per-token", "1", "--rate-per-token-burst", "5"), clock="manual")
    worker = bench.must(201, "POST", "/v1/workers", FIRST, {"identity": "w", "queues": ["q"]})["id"]
    got = [bench.ask("GET", "/v1/whoami", FIRST) for _ in range(8)]
    equal([answer.status for answer in got], [200] * 4 + [429] * 4)
    equal(got[-1].headers["retry-after"], "1")
    for _ in range(20):
        bench.must(200, "POST", f"/v1/workers/{worker}/heartbeat", FIRST, {"leases": "all"})
    equal(works(bench, ADMIN), True)
    bench.must(200, "POST", "/v1/test/advance", ADMIN, {"s": 2})
    equal(works(bench, FIRST), True)


def a_token_has_so_many_waiting_requests(bench):
    bench.start(f"{ADMIN} admin", f"{FIRST} worker", options=(*NO_GUESSES, "--parked-per-token", "3"))
    worker = bench.must(201, "POST", "/v1/workers", FIRST, {"identity": "w", "queues": ["q"]})["id"]
    task = bench.must(201, "POST", "/v1/tasks", ADMIN, {"type": "t"})["id"]
    waiting = [threading.Thread(target=lambda: bench.ask("GET", f"/v1/tasks/{task}?wait=30", FIRST, timeout=40), daemon=True)
               for _ in range(3)]
    for each in waiting:
        each.start()
    until(lambda: bench.parked(ADMIN) == 3)
    answer = bench.ask("GET", f"/v1/tasks/{task}?wait=30", FIRST)
    equal((answer.status, answer.code, "retry-after" in answer.headers), (429, "rate_limited", True))
    equal(bench.ask("GET", f"/v1/tasks/{task}", FIRST).status, 200, "one that does not wait")
    equal(bench.ask("GET", f"/v1/tasks/{task}?wait=0.2", ADMIN).status, 200, "another token")
    equal(bench.ask("POST", f"/v1/workers/{worker}/heartbeat?wait=0.2", FIRST, {"leases": "all"}).status, 200, "an urgent one")
    bench.must(200, "POST", f"/v1/tasks/{task}/cancel", ADMIN, {})
    for each in waiting:
        each.join(10)
    equal(bench.ask("GET", f"/v1/tasks/{task}?wait=0.2", FIRST).status, 200, "when the others are answered")


def uses_are_remembered_to_the_minute(bench):
    bench.start(f"{ADMIN} admin", options=NO_GUESSES)
    made = bench.must(201, "POST", "/v1/tokens", ADMIN, {"role": "viewer"})
    equal(bench.must(200, "GET", f"/v1/tokens/{made['id']}", ADMIN)["last_used_at"], None)
    equal(works(bench, made["token"]), True)
    used = bench.must(200, "GET", f"/v1/tokens/{made['id']}", ADMIN)["last_used_at"]
    equal(used[16:], ":00.000Z")
    bench.broker.stop()
    bench.broker.start()
    equal(bench.must(200, "GET", f"/v1/tokens/{made['id']}", ADMIN)["last_used_at"], used)


def uses_are_remembered_whoever_ends_the_broker(bench):
    bench.start(f"{ADMIN} admin", options=NO_GUESSES)
    made = bench.must(201, "POST", "/v1/tokens", ADMIN, {"role": "viewer"})
    equal(works(bench, made["token"]), True)
    used = bench.must(200, "GET", f"/v1/tokens/{made['id']}", ADMIN)["last_used_at"]
    bench.must(202, "POST", "/v1/shutdown", ADMIN, {})
    until(lambda: not bench.broker.is_running())
    bench.broker.start()
    equal(bench.must(200, "GET", f"/v1/tokens/{made['id']}", ADMIN)["last_used_at"], used)


def a_body_that_comes_after_the_end_of_its_token_does_nothing(bench):
    bench.start(f"{ADMIN} admin", options=NO_GUESSES, clock="manual")
    body = json.dumps({"role": "admin"}).encode()
    other = bench.must(201, "POST", "/v1/tokens", ADMIN, {"role": "admin"})
    held = bench.begin("POST", "/v1/tokens", other["token"], len(body))
    bench.must(204, "DELETE", f"/v1/tokens/{other['id']}", ADMIN)
    answer = held.end(body)
    equal((answer.status, "invalid_token" in answer.headers["www-authenticate"]), (401, True))
    brief = bench.must(201, "POST", "/v1/tokens", ADMIN, {"role": "admin", "expires_in_s": 10})
    held = bench.begin("POST", "/v1/tokens", brief["token"], len(body))
    bench.must(200, "POST", "/v1/test/advance", ADMIN, {"s": 10})
    equal(held.end(body).status, 401)
    equal({item["id"] for item in bench.must(200, "GET", "/v1/tokens", ADMIN)["items"] if item["created_at"]}, {brief["id"]})


def nobody_shuts_down_who_came_before_the_first_token(bench):
    bench.start_open(options=NO_GUESSES)
    held = bench.begin("POST", "/v1/shutdown", None, 2)
    made = bench.must(201, "POST", "/v1/tokens", body={"role": "admin"})
    equal(held.end(b"{}").status, 401)
    equal(bench.must(200, "GET", "/v1/shutdown", made["token"])["state"], "ready")


def a_stream_ends_with_its_token(bench):
    bench.start(f"{ADMIN} admin", options=NO_GUESSES)
    made = bench.must(201, "POST", "/v1/tokens", ADMIN, {"role": "submitter"})
    held = bench.begin("POST", "/v1/tasks/batch", made["token"], kind="application/x-ndjson")
    held.chunk(b'{"type":"t"}\n')
    until(lambda: len(bench.must(200, "GET", "/v1/tasks", ADMIN)["items"]) == 1)
    bench.must(204, "DELETE", f"/v1/tokens/{made['id']}", ADMIN)
    held.chunk(b'{"type":"t"}\n')
    lines = [json.loads(line) for line in held.end().text.splitlines()]
    equal([line.get("status") for line in lines], [201, 401, None])
    equal((lines[1]["problem"]["code"], lines[2]), ("unauthorized", {"accepted": 1, "rejected": 1}))
    equal(len(bench.must(200, "GET", "/v1/tasks", ADMIN)["items"]), 1)


def a_claim_that_waits_gets_nothing_after_the_end_of_its_token(bench):
    bench.start(f"{ADMIN} admin", options=NO_GUESSES)
    made = bench.must(201, "POST", "/v1/tokens", ADMIN, {"role": "worker"})
    worker = bench.must(201, "POST", "/v1/workers", made["token"], {"identity": "w", "queues": ["q"]})["id"]
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(
        bench.ask("POST", f"/v1/workers/{worker}/claim?wait=2", made["token"], {}, timeout=40)))
    waiting.start()
    until(lambda: bench.parked(ADMIN) == 1)
    bench.must(204, "DELETE", f"/v1/tokens/{made['id']}", ADMIN)
    task = bench.must(201, "POST", "/v1/tasks", ADMIN, {"queue": "q"})["id"]
    waiting.join(10)
    equal([answer.status for answer in answers], [204])
    equal(bench.must(200, "GET", f"/v1/tasks/{task}", ADMIN)["state"], "ready")


def wrong_tokens_of_others_do_not_stop_heartbeats(bench):
    bench.start(f"{ADMIN} admin", f"{FIRST} worker", options=("--failures-per-address", "3"))
    worker = bench.must(201, "POST", "/v1/workers", FIRST, {"identity": "w", "queues": ["q"]})["id"]
    for nth in range(5):
        bench.ask("GET", "/v1/whoami", f"a-guess-of-a-token-{nth:04d}")
    equal(bench.ask("GET", "/v1/whoami", FIRST).status, 429)
    bench.must(200, "POST", f"/v1/workers/{worker}/heartbeat", FIRST, {"leases": "all"})
    equal(bench.ask("POST", f"/v1/workers/{worker}/heartbeat", SECOND, {"leases": "all"}).status, 429)


def so_many_tokens_can_be_made(bench):
    bench.start(f"{ADMIN} admin", options=(*NO_GUESSES, "--tokens-max", "2"))
    made = [bench.must(201, "POST", "/v1/tokens", ADMIN, {"role": "viewer"}) for _ in range(2)]
    answer = bench.ask("POST", "/v1/tokens", ADMIN, {"role": "viewer"})
    equal((answer.status, answer.code), (429, "limit_reached"))
    bench.must(204, "DELETE", f"/v1/tokens/{made[0]['id']}", ADMIN)
    bench.must(201, "POST", "/v1/tokens", ADMIN, {"role": "viewer"})


TESTS = (
    two_tokens_are_valid_while_one_replaces_the_other,
    a_file_that_cannot_be_read_changes_nothing,
    a_hash_in_the_file_stands_for_its_token,
    a_token_of_the_file_ends_in_its_time,
    a_made_token_is_told_once_and_ends_in_its_time,
    a_rotated_token_works_until_its_overlap_ends,
    a_revoked_token_ends_at_once_and_what_waits_is_answered,
    tokens_outlive_the_broker,
    an_open_broker_closes_with_its_first_token,
    nobody_gives_more_than_they_have,
    guesses_are_slowed_down_and_put_on_record,
    a_token_has_a_rate_and_urgent_requests_have_none,
    a_token_has_so_many_waiting_requests,
    uses_are_remembered_to_the_minute,
    uses_are_remembered_whoever_ends_the_broker,
    a_body_that_comes_after_the_end_of_its_token_does_nothing,
    nobody_shuts_down_who_came_before_the_first_token,
    a_stream_ends_with_its_token,
    a_claim_that_waits_gets_nothing_after_the_end_of_its_token,
    wrong_tokens_of_others_do_not_stop_heartbeats,
    so_many_tokens_can_be_made,
)
