"""Serving others than this machine's users: tokens, the address for health, and where it runs."""

import hashlib
import json
import os
import resource
import signal
import stat
import subprocess

from harness import CLEAN, ask, contains, equal, free_port, log_lines, refused, until


# ---- tokens ----

ADMIN = "an-admins-token-of-the-tests"
VIEWER = "a-viewers-token-of-the-tests"


def write(path, text, mode=0o600):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(path, mode)
    return path


def token_file(bench, text=f"{ADMIN} admin\n", mode=0o600):
    return write(os.path.join(bench.folder(), "tokens"), text, mode)


def hang_up(broker, event):
    """SIGHUP, and the line that is logged about it."""
    before = len(log_lines(broker, event))
    broker.signal(signal.SIGHUP)
    until(lambda: len(log_lines(broker, event)) > before)
    return log_lines(broker, event)[-1]


def an_open_address_needs_a_token(bench):
    data = os.path.join(bench.folder(), "data")
    for flag in ("--listen", "--health-listen"):
        own = () if flag == "--listen" else ("--listen", f"127.0.0.1:{free_port()}")
        done = bench.run("serve", flag, f"0.0.0.0:{free_port()}", "--data", data, *own)
        refused(done, 78, "there is no access token: give --token-file")
        contains(done.stderr, flag.strip("-").replace("-", "_"))
        equal(os.path.exists(data), False, "nothing was made on the disk")


def a_store_without_tokens_is_not_enough(bench):
    broker = bench.broker().start()
    broker.stop()
    refused(bench.run("serve", "--listen", f"0.0.0.0:{free_port()}", "--data", os.path.join(broker.folder, "data")), 78,
            "there is no access token")


def a_token_in_the_store_is_enough(bench):
    broker = bench.broker().start()
    status, made = ask(broker, "POST", "/v1/tokens", {"role": "admin"})
    equal(status, 201, made)
    equal(ask(broker, "GET", "/v1/stats")[0], 401)
    broker.stop()
    broker.host = "0.0.0.0"
    broker.start()
    equal(ask(broker, "GET", "/v1/stats")[0], 401)
    equal(ask(broker, "GET", "/v1/stats", token=made["token"])[0], 200)
    equal(len(log_lines(broker, "broker.plain")), 1)


def uses_of_a_token_outlive_the_restart(bench):
    broker = bench.broker().start()
    admin = ask(broker, "POST", "/v1/tokens", {"role": "admin"})[1]["token"]
    made = ask(broker, "POST", "/v1/tokens", {"role": "viewer"}, token=admin)[1]
    equal(ask(broker, "GET", "/v1/stats", token=made["token"])[0], 200)
    broker.stop()
    broker.start()
    shown = ask(broker, "GET", f"/v1/tokens/{made['id']}", token=admin)[1]
    equal(shown["last_used_at"] is not None, True, "last_used_at is there")


def everybody_is_let_in_only_when_that_is_said(bench):
    broker = bench.broker("--insecure-no-auth", host="0.0.0.0").start()
    equal(ask(broker, "GET", "/v1/stats")[0], 200)
    equal(len(log_lines(broker, "broker.insecure")), 1)
    contains(ask(broker, "GET", "/metrics")[1], "sluice_insecure 1\n")
    contains(ask(bench.broker().start(), "GET", "/metrics")[1], "sluice_insecure 0\n")


def wrong_token_files_are_refused_and_their_tokens_not_told(bench):
    broker = bench.broker()
    cases = (("top-secret-token chief\n", 0o600, ":1: "), ("# none\n", 0o600, "holds no token"),
             (f"{ADMIN} admin\n" * 2, 0o600, ":2: the same token as in line 1"),
             (f"{ADMIN} admin\n", 0o606, "may be written by everybody"),
             (f"{ADMIN} admin id=ab12cd34\n{VIEWER} viewer id=ab12cd34\n", 0o600, ":2: the same id as in line 1"),
             (f"{ADMIN}\n", 0o600, "(--token-file) looks like a client's token file"))
    for text, mode, why in cases:
        path = token_file(bench, text, mode)
        done = bench.run("serve", "--listen", f"127.0.0.1:{broker.port}", "--data", broker.folder + "/data",
                         "--token-file", path)
        refused(done, 78, path)
        contains(done.stderr, why)
        for secret in ("top-secret", ADMIN):
            equal(secret in done.stderr, False, "the token is told")
    refused(bench.run("serve", "--token-file", "/nowhere/tokens"), 78, "No such file")
    refused(bench.run("serve", env={"SLUICE_TOKEN_FILE": token_file(bench, ADMIN)}), 78,
            "(SLUICE_TOKEN_FILE) looks like a client's token file")


def what_could_be_guessed_or_read_is_warned_of(bench):
    path = token_file(bench, f"short-one admin\nshort-two viewer\n{ADMIN} admin\n", 0o644)
    broker = bench.broker("--token-file", path).start()
    lines = log_lines(broker, "tokens.short")
    equal([line["tokens"] for line in lines], [2])
    contains(log_lines(broker, "tokens.readable")[0]["msg"], "chmod o-r")
    equal(log_lines(broker, "broker.ready")[0]["tokens"], 3)
    equal([log_lines(broker, event) for event in ("tokens.expired", "tokens.no_admin", "access.open")], [[], [], []])

    digest = hashlib.sha256(ADMIN.encode()).hexdigest()
    write(path, f"sha256:{digest} viewer\n", 0o644)
    hang_up(broker, "tokens.no_admin")
    equal(len(log_lines(broker, "tokens.readable")), 1, "hashes may be read")
    write(path, f"sha256:{digest} admin expires=2020-01-01T00:00:00Z\n")
    equal(hang_up(broker, "tokens.expired")["tokens"], 1)
    equal(len(log_lines(broker, "tokens.no_admin")), 1)
    broker.stop()
    broker.start()
    equal(len(log_lines(broker, "tokens.expired")), 2)


def lines_of_the_file_are_called_as_they_say(bench):
    ours = "slc_ours1234_0123456789012345678901234567890123456789012"
    digest = hashlib.sha256(VIEWER.encode()).hexdigest()
    hashed = hashlib.sha256(b"some-other-token").hexdigest()
    path = token_file(bench, f"{ours} admin\nsha256:{digest} viewer id=ab12cd34 name=the.shop\nsha256:{hashed} viewer\n")
    broker = bench.broker("--token-file", path).start()
    equal(ask(broker, "GET", "/v1/whoami", token=ours)[1]["id"], "ours1234")
    told = ask(broker, "GET", "/v1/whoami", token=VIEWER)[1]
    equal((told["id"], told["name"]), ("ab12cd34", "the.shop"))
    listed = ask(broker, "GET", "/v1/tokens", token=ours)[1]["items"]
    equal([(item["id"], item["name"], item["source"]) for item in listed],
          sorted([("ours1234", None, "file"), ("ab12cd34", "the.shop", "file"), (hashed[:8], None, "file")]))
    ask(broker, "PUT", "/v1/queues/q", {}, token=ours)
    equal(ask(broker, "GET", "/v1/audit?action=queue.created", token=ours)[1]["items"][0]["actor"], "ours1234")


def the_last_revocation_is_told(bench):
    broker = bench.broker().start()
    made = ask(broker, "POST", "/v1/tokens", {"role": "admin"})[1]
    equal(ask(broker, "DELETE", f"/v1/tokens/{made['id']}", token=made["token"])[0], 204)
    equal([line["token"] for line in log_lines(broker, "access.open")], [made["id"]])
    row = ask(broker, "GET", "/v1/audit?action=token.revoked")[1]["items"][0]
    equal((row["object"], row["detail"]["opened"]), (made["id"], True))


def tokens_are_read_again(bench):
    path = token_file(bench)
    broker = bench.broker("--token-file", path, host="0.0.0.0").start()
    equal(ask(broker, "GET", "/v1/stats", token=ADMIN)[0], 200)
    equal(ask(broker, "GET", "/v1/stats", token=VIEWER)[0], 401)

    write(path, f"{VIEWER} viewer\n{ADMIN}-2 admin\n")
    os.utime(path, (1000, 1000))
    line = hang_up(broker, "config.reloaded")
    equal((line["tokens"], line["tokens_added"], line["tokens_dropped"], line["tokens_kept"]), (2, 2, 1, 0))
    equal((line["file"], line["modified_at"]), (path, "1970-01-01T00:16:40.000Z"))
    contains(hang_up(broker, "config.reloaded")["msg"], "was not modified since")
    equal(ask(broker, "GET", "/v1/stats", token=VIEWER)[0], 200)
    equal(ask(broker, "GET", "/v1/stats", token=ADMIN)[0], 401)
    noted = ask(broker, "GET", "/v1/audit?action=config.reloaded", token=f"{ADMIN}-2")[1]["items"]
    equal([(note["object"], note["detail"]["tokens_added"], note["detail"]["tokens_kept"]) for note in noted],
          [("token_file", 2, 0), ("token_file", 0, 2)])

    for text in ("nonsense chief\n", "", "# all commented out\n"):
        write(path, text)
        hang_up(broker, "config.not_reloaded")
        equal(ask(broker, "GET", "/v1/stats", token=VIEWER)[0], 200)
        equal(ask(broker, "GET", "/v1/stats")[0], 401)
    os.unlink(path)
    hang_up(broker, "config.not_reloaded")
    equal(ask(broker, "GET", "/v1/stats", token=VIEWER)[0], 200)
    equal(len(log_lines(broker, "config.reloaded")), 2, "only for what was read")
    noted = ask(broker, "GET", "/v1/audit?action=config.not_reloaded", token=f"{ADMIN}-2")[1]["items"]
    equal([note["object"] for note in noted], ["token_file"] * 4)
    contains(noted[0]["detail"]["reason"], f"{path}:1: ")
    equal("nonsense" in json.dumps(noted), False, "what stands there is told")


def a_signal_with_nothing_to_read_says_so(bench):
    broker = bench.broker().start()
    hang_up(broker, "config.nothing_to_reload")
    equal(log_lines(broker, "config.reloaded"), [])


def probes_come_by_any_name(bench):
    broker = bench.broker("--token-file", token_file(bench), "--allowed-hosts", "tasks.example.org").start()
    known, foreign = {"Host": "tasks.example.org"}, {"Host": "10.0.0.7:8080"}
    equal(ask(broker, "GET", "/v1/stats", headers=known, token=ADMIN)[0], 200)
    status, told = ask(broker, "GET", "/v1/stats", headers=foreign, token=ADMIN)
    equal(status, 421)
    contains(told["detail"], "10.0.0.7:8080 is not served: only what allowed_hosts names")
    equal([ask(broker, "GET", path, headers=foreign)[0] for path in ("/livez", "/readyz", "/metrics")], [200, 200, 421])
    refused(bench.run("serve", "--allowed-hosts", "https://x"), 78, "https://x is not HOST or HOST:PORT")


def host_is_checked_until_there_is_a_token(bench):
    broker = bench.broker().start()
    foreign = {"Host": "rebound.example"}
    equal(ask(broker, "GET", "/v1/stats", headers=foreign)[0], 421)
    equal(ask(broker, "GET", "/v1/stats")[0], 200)
    made = ask(broker, "POST", "/v1/tokens", {"role": "admin"})[1]
    equal(ask(broker, "GET", "/v1/stats", headers=foreign)[0], 401)
    equal(ask(broker, "GET", "/v1/stats", headers=foreign, token=made["token"])[0], 200)
    equal(ask(broker, "DELETE", f"/v1/tokens/{made['id']}", token=made["token"])[0], 204)
    equal(ask(broker, "GET", "/v1/stats", headers=foreign)[0], 421)
    equal(ask(broker, "GET", "/v1/stats")[0], 200)


def health_has_an_address_of_its_own(bench):
    port = free_port()
    broker = bench.broker("--token-file", token_file(bench), "--health-listen", f"127.0.0.1:{port}",
                          "--drain-timeout", "15s").start()
    equal(log_lines(broker, "broker.ready")[0]["health_port"], port)
    equal(ask(broker, "GET", "/livez", port=port)[0], 200)
    equal(ask(broker, "GET", "/readyz", port=port)[0], 200)
    equal(ask(broker, "GET", "/metrics", port=port)[0], 401)
    status, text = ask(broker, "GET", "/metrics", port=port, token=ADMIN)
    equal(status, 200)
    contains(text, "sluice_build_info")
    equal(ask(broker, "GET", "/v1/stats", port=port, token=ADMIN)[0], 404)
    equal(ask(broker, "POST", "/v1/tasks", {}, port=port, token=ADMIN)[0], 404)
    _, worker = ask(broker, "POST", "/v1/workers", {"identity": "w", "queues": ["q"]}, token=ADMIN)
    ask(broker, "POST", "/v1/tasks", {"queue": "q"}, token=ADMIN)
    ask(broker, "POST", f"/v1/workers/{worker['id']}/claim", {}, token=ADMIN)
    broker.signal(signal.SIGTERM)
    until(lambda: ask(broker, "GET", "/readyz", port=port)[0] == 503)
    equal(ask(broker, "GET", "/livez", port=port)[0], 200)


def a_health_address_in_use_ends_the_start(bench):
    first = bench.broker().start()
    done = bench.run("serve", "--listen", f"127.0.0.1:{free_port()}", "--data", os.path.join(bench.folder(), "data"),
                     "--health-listen", f"127.0.0.1:{first.port}")
    refused(done, 69, "health_listen")


# ---- where it runs ----

def root_in_a_container_is_refused(bench):
    if os.geteuid() != 0:
        return
    place = ("--data", os.path.join(bench.folder(), "data"), "--listen", f"127.0.0.1:{free_port()}")
    inside = {"SLUICE_CONTAINER": "1"}
    refused(bench.run("serve", *place, env=inside), 78, "--allow-root")
    equal(bench.run("config", "check", env=inside).stderr, "")
    words = ["unshare", "--pid", "--fork", "--kill-child", bench.binary, "serve", *place]
    refused(subprocess.run(words, env=CLEAN, capture_output=True, text=True, timeout=20, check=False), 78, "--allow-root")
    bench.broker("--allow-root").start()


def an_open_data_folder_is_closed_and_a_foreign_one_refused(bench):
    broker = bench.broker()
    folder = os.path.join(broker.folder, "data")
    os.mkdir(folder)
    os.chmod(folder, 0o755)
    broker.start()
    equal(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
    equal(len(log_lines(broker, "data.closed")), 1)
    broker.stop()
    if os.geteuid() == 0:
        os.chown(folder, 4711, 4711)
        refused(bench.run("serve", *broker.command()[2:]), 74, "belongs to user 4711")


def crashes_leave_no_core(bench):
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        broker = bench.broker().start()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    with open(f"/proc/{broker.pid}/limits", encoding="ascii") as limits:
        line = next(line for line in limits if line.startswith("Max core file size"))
    equal(line.split()[4], "0")


TESTS = (
    an_open_address_needs_a_token,
    a_store_without_tokens_is_not_enough,
    a_token_in_the_store_is_enough,
    uses_of_a_token_outlive_the_restart,
    everybody_is_let_in_only_when_that_is_said,
    wrong_token_files_are_refused_and_their_tokens_not_told,
    what_could_be_guessed_or_read_is_warned_of,
    lines_of_the_file_are_called_as_they_say,
    the_last_revocation_is_told,
    tokens_are_read_again,
    a_signal_with_nothing_to_read_says_so,
    probes_come_by_any_name,
    host_is_checked_until_there_is_a_token,
    health_has_an_address_of_its_own,
    a_health_address_in_use_ends_the_start,
    root_in_a_container_is_refused,
    an_open_data_folder_is_closed_and_a_foreign_one_refused,
    crashes_leave_no_core,
)
