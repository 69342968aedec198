"""Tokens and the record, by the commands alone: from the first token to a record that somebody changed."""

import datetime
import hashlib
import json
import os
import re
import sqlite3
import stat
import struct
import subprocess

from harness import contains, equal, test
from test_real import RealBroker

TOKEN = re.compile(r"slc_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")


def keep(bench, name, text):
    """A file with a token in it; its path."""
    with open(bench.path(name), "w", encoding="ascii") as file:
        file.write(text)
    return bench.path(name)


def closed_broker(bench):
    """A broker whose first token was made, and the path of that token's file."""
    broker = RealBroker(bench)
    code, out, err = broker.run("token", "create", "--role", "admin", "--name", "boss")
    equal(code, 0)
    assert TOKEN.fullmatch(out.strip()), out
    assert not TOKEN.search(err), err
    contains(err, "admin of namespace * and queue *, expires never")
    return broker, keep(bench, "boss.token", out)


def id_of(path):
    with open(path, encoding="ascii") as file:
        return file.read()[4:12]


@test
def the_first_token_closes_the_door_and_the_last_opens_it(bench):
    broker, boss = closed_broker(bench)
    equal(broker.run("queue", "list")[0], 5)
    equal(broker.run("queue", "list", "--token-file", boss)[0], 0)
    shown = json.loads(broker.run("whoami", "--json", "--token-file", boss)[1])
    equal((shown["id"], shown["name"], shown["role"]), (id_of(boss), "boss", "admin"))
    contains(broker.run("whoami", "--token-file", boss)[1], "tokens:admin")
    equal(broker.run("token", "revoke", id_of(boss), "--token-file", boss)[:2], (0, id_of(boss) + " revoked\n"))
    equal(json.loads(broker.run("whoami", "--json")[1])["id"], None)


@test
def tokens_are_made_shown_exchanged_and_revoked(bench):
    broker, boss = closed_broker(bench)
    admin = {"SLUICE_TOKEN_FILE": boss}
    equal(broker.run("token", "create", **admin)[0], 64)
    code, _, err = broker.run("token", "create", "--role", "king", **admin)
    equal(code, 64)
    contains(err, "--role is one of viewer, submitter, worker, operator or admin; not king")
    code, out, _ = broker.run("token", "create", "--role", "worker", "--ns", "default", "--queue", "thumbs,mail.*",
                              "--expires-in", "90d", "--name", "w", "--json", **admin)
    made = json.loads(out)
    equal((code, made["role"], made["queue"], made["name"]), (0, "worker", "thumbs,mail.*", "w"))
    old = keep(bench, "old.token", made["token"] + "\n")
    code, out, err = broker.run("token", "rotate", made["id"], "--overlap", "1h", **admin)
    new = keep(bench, "new.token", out)
    equal(code, 0)
    for path in (old, new):
        equal(broker.run("whoami", "--token-file", path)[0], 0)
    code, out, _ = broker.run("token", "show", made["id"], **admin)
    contains(out, "thumbs,mail.*")
    assert not TOKEN.search(out), out
    rows = broker.run("token", "list", **admin)[1].splitlines()
    equal(len(rows), 4)
    contains(rows[0], "EXPIRES")
    equal(broker.run("token", "list", "-q", **admin)[1].split()[0], id_of(boss))
    equal(broker.run("token", "revoke", made["id"], id_of(new), **admin)[0], 0)
    equal(broker.run("whoami", "--token-file", new)[0], 5)
    equal(broker.run("token", "show", made["id"], **admin)[0], 3)
    equal(broker.run("token", "list", "--token-file", old)[0], 5)


@test
def no_secret_is_kept(bench):
    broker, boss = closed_broker(bench)
    with open(boss, encoding="ascii") as file:
        secret = file.read().strip()[13:].encode()
    broker.process.terminate()
    broker.process.wait(20)
    for folder, _, names in os.walk(bench.path("data")):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                assert secret not in file.read(), name
    with open(broker.log, "rb") as file:
        assert secret not in file.read()


# ---- without a broker ----

@test
def a_token_for_the_file_is_made_without_a_broker(bench):
    code, out, err = bench.run("token", "new", "worker", "--ns", "t1,t2", "--queue", "q*", "--expires",
                               "2100-01-01T00:00:00Z", SLUICE_URL="http://127.0.0.1:1")
    token = out.strip()
    assert code == 0 and TOKEN.fullmatch(token), out
    line = "sha256:%s worker id=%s ns=t1,t2 queue=q* expires=2100-01-01T00:00:00Z" % (
        hashlib.sha256(token.encode()).hexdigest(), token[4:12])
    contains(err, line + "\n")
    assert token not in err
    equal(bench.run("token", "line", "worker", "--ns", "t1,t2", "--queue", "q*", "--expires", "2100-01-01",
                    stdin=out.encode())[:2], (0, line + "\n"))
    assert bench.run("token", "new", "worker")[1] != out
    contains(bench.run("token", "new", "worker", "--name", "mill.1")[2], " name=mill.1\n")
    equal(bench.run("token", "line", "viewer", stdin=b"any-other-word\n")[1],
          "sha256:%s viewer\n" % hashlib.sha256(b"any-other-word").hexdigest())
    err = bench.run("token", "new", "worker", "--expires-in", "2w")[2]
    end = datetime.datetime.strptime(re.search(r" expires=(\S+)", err)[1], "%Y-%m-%dT%H:%M:%S.%f%z")
    left = end - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(days=13, hours=23) < left < datetime.timedelta(days=14, minutes=1), left


@test
def a_wrong_line_is_never_written(bench):
    for words in (["king"], ["admin", "--ns", "a b"], ["admin", "--queue", ""], ["admin", "--expires", "soon"],
                  ["admin", "--expires-in", "1d", "--expires", "2100-01-01"],
                  ["admin", "--expires-in", "1us"]):
        code, out, err = bench.run("token", "new", *words, "--add-to", bench.path("tokens"))
        equal((code, out), (64, ""))
        assert err.startswith("sluice: "), err
    assert not os.path.exists(bench.path("tokens"))
    err = bench.run("token", "new", "boss")[2]
    equal(err, "sluice: ROLE is one of viewer, submitter, worker, operator or admin; not boss\n")
    for text in (b"", b"# nothing\n", b"short\n", b"sha256:" + b"0" * 64 + b" admin\n"):
        code, out, err = bench.run("token", "line", "admin", stdin=text)
        equal((code, out), (64, ""))


@test
def the_tokens_file_of_a_broker_is_begun_with_one_command(bench):
    tokens = bench.path("tokens")
    code, out, err = bench.run("token", "new", "admin", "--add-to", tokens)
    equal((code, err), (0, ""))
    equal(stat.S_IMODE(os.stat(tokens).st_mode), 0o600)
    boss = keep(bench, "boss.token", out)
    worker = keep(bench, "w.token", bench.run("token", "new", "worker", "--add-to", tokens)[1])
    log = open(bench.path("broker.log"), "wb")
    process = subprocess.Popen([bench.binary, "serve", "--listen", "127.0.0.1:0", "--data", bench.path("data"),
                                "--token-file", tokens], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                               env=bench.env())
    bench.workers.append(process)
    broker = RealBroker.__new__(RealBroker)
    broker.bench, broker.log, broker.process = bench, bench.path("broker.log"), process
    broker.url = "http://127.0.0.1:%d" % broker.wait_for_port()
    equal(json.loads(broker.run("whoami", "--json", "--token-file", boss)[1])["role"], "admin")
    equal(json.loads(broker.run("whoami", "--json", "--token-file", worker)[1])["role"], "worker")
    rows = json.loads(broker.run("token", "list", "--json", "--token-file", boss)[1])["items"]
    equal(sorted((row["source"], row["role"]) for row in rows), [("file", "admin"), ("file", "worker")])
    equal(sorted(row["id"] for row in rows), sorted((id_of(boss), id_of(worker))))
    equal(broker.run("token", "revoke", rows[1]["id"], "--token-file", boss)[0], 4)
    code, out, err = broker.run("whoami", "--token-file", tokens)
    equal((code, out), (5, ""))
    contains(err, "only the hash of a token")
    commented = keep(bench, "mine", "# my token\n\n" + open(boss, encoding="ascii").read().strip() + " admin # mine\n")
    equal(broker.run("whoami", "--token-file", commented)[0], 0)


# ---- the record ----

@test
def the_record_tells_who_did_what(bench):
    broker, boss = closed_broker(bench)
    admin = {"SLUICE_TOKEN_FILE": boss}
    broker.run("queue", "pause", "q", **admin)
    out = broker.run("audit", **admin)[1]
    lines = out.splitlines()
    contains(lines[0], "ACTION")
    contains(lines[1], "broker.started")
    contains(lines[2], "token.created")
    contains(lines[3], "queue.paused")
    contains(lines[3], id_of(boss))
    assert not TOKEN.search(out), out
    equal(len(broker.run("audit", "--action", "queue.*", **admin)[1].splitlines()), 2)
    equal(len(broker.run("audit", "--since", "1h", "--newest", "-n", "1", "--json", **admin)[1].splitlines()), 1)
    equal(json.loads(broker.run("audit", "--until", "1h", "--json", **admin)[1])["items"], [])
    equal(broker.run("audit", "--since", "yesterday", **admin)[0], 64)
    equal(len(broker.run("audit", "--since", "2026-01-02", **admin)[1].splitlines()), 4)
    code, out, err = broker.run("audit", "--action", "foo", **admin)
    equal((code, len(out.splitlines()), err), (0, 1, "Nothing found.\n"))


@test
def a_record_that_was_changed_does_not_verify(bench):
    broker, boss = closed_broker(bench)
    admin = {"SLUICE_TOKEN_FILE": boss}
    for number in range(3):
        broker.run("queue", "pause", "q%d" % number, **admin)
    code, out, err = broker.run("audit", "verify", **admin)
    equal((code, err), (0, ""))
    contains(out, "OK: 5 rows, 1 to 5, the last with hash ")
    last = json.loads(broker.run("audit", "--newest", "-n", "1", "--json", **admin)[1])["items"][0]
    contains(out, last["hash"])
    broker.process.terminate()
    broker.process.wait(20)
    change(bench, "UPDATE audit SET actor = 'nobody' WHERE number = 3")
    broker = RealBroker(bench)
    code, out, err = broker.run("audit", "verify", **admin)
    equal((code, out), (1, ""))
    contains(err, "row 3: ")
    broker.process.terminate()
    broker.process.wait(20)
    change(bench, "DELETE FROM audit WHERE number = 3")
    broker = RealBroker(bench)
    code, out, err = broker.run("audit", "verify", **admin)
    equal((code, out), (1, ""))
    contains(err, "row 4: the row before it is missing")


def change(bench, sql):
    """Change a stopped broker's store, and give the pages valid checksums again, as a knowing hand would."""
    path = bench.path("data/sluice.db")
    database = sqlite3.connect(path)
    with database:
        database.execute(sql)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = database.execute("PRAGMA page_size").fetchone()[0]
    database.close()
    with open(path, "r+b") as file:
        data = file.read()
        file.seek(0)
        for at in range(0, len(data), size):
            page = data[at:at + size]
            file.write(page[:-8] + checksum(page[:-8]) if data[20] == 8 else page)


def checksum(page):
    """SQLite's, of its checksum layer: data[20] says that a page ends with one."""
    first = second = 0
    for one, other in struct.iter_unpack("<II", page):
        first = first + one + second & 0xffffffff
        second = second + other + first & 0xffffffff
    return struct.pack("<II", first, second)


@test
def a_long_record_is_verified_page_by_page(bench):
    broker = RealBroker(bench)
    for _ in range(3):
        broker.run("queue", "pause", "q")
    pages = [json.loads(line) for line in broker.run("audit", "--json", "--all", "-n", "2")[1].splitlines()]
    equal([len(page["items"]) for page in pages], [2, 2])
    before = "0" * 64
    for row in [row for page in pages for row in page["items"]]:
        texts = [before, row["number"], row["at"], row["namespace"], row["actor"], row["address"], row["request_id"],
                 row["action"], row["object"], json.dumps(row["detail"], separators=(",", ":"))]
        before = hashlib.sha256("\n".join("" if text is None else str(text) for text in texts).encode()).hexdigest()
        equal(row["hash"], before)


@test
def who_sees_a_part_cannot_verify(bench):
    broker, boss = closed_broker(bench)
    out = broker.run("token", "create", "--role", "operator", "--ns", "t1", "--token-file", boss)[1]
    tenant = keep(bench, "t.token", out)
    code, out, err = broker.run("audit", "verify", "--token-file", tenant)
    equal((code, out), (5, ""))
    equal(err, "sluice: this token sees a part of the record only; a token for every namespace and queue is needed\n")
    broker.run("queue", "pause", "q", "--ns", "t1", "--token-file", boss)
    equal(broker.run("audit", "verify", "--token-file", tenant), (5, "", err))


@test
def a_token_goes_into_a_file_that_only_its_owner_reads(bench):
    broker, boss = closed_broker(bench)
    admin = {"SLUICE_TOKEN_FILE": boss}
    made = bench.path("made")
    with open(made, "w", encoding="ascii") as file:
        file.write("something longer that was there before" * 9)
    for words in (["create", "--role", "viewer"], ["new", "worker"]):
        code, out, err = broker.run("token", *words, "--out", made, **admin)
        equal((code, out), (0, ""))
        equal(stat.S_IMODE(os.stat(made).st_mode), 0o600)
        with open(made, encoding="ascii") as file:
            assert TOKEN.fullmatch(file.read().strip())
        os.chmod(made, 0o644)
    before = len(broker.run("token", "list", "-q", **admin)[1].split())
    equal(broker.run("token", "create", "--role", "viewer", "--out", bench.path("no/such/folder"), **admin)[0], 1)
    equal(len(broker.run("token", "list", "-q", **admin)[1].split()), before)
    equal(broker.run("token", "create", "--role", "viewer", "--ns", "a b", "--out", bench.path("none"), **admin)[0], 1)
    assert not os.path.exists(bench.path("none"))
    equal(broker.run("token", "rotate", id_of(boss), "--out", boss, **admin)[0], 0)
    equal(broker.run("whoami", "--token-file", boss)[0], 0)


@test
def a_token_that_others_can_read_is_noticed(bench):
    for mode, says in ((0o644, True), (0o600, False)):
        path = keep(bench, "redirected", "")
        os.chmod(path, mode)
        with open(path, "w", encoding="ascii") as file:
            done = subprocess.run([bench.binary, "token", "new", "viewer"], stdout=file, stderr=subprocess.PIPE,
                                  env=bench.env(), check=True)
        equal(b"chmod 600" in done.stderr, says)


@test
def a_used_token_says_so_no_finer_than_the_broker_knows(bench):
    broker, boss = closed_broker(bench)
    broker.run("whoami", "--token-file", boss)
    contains(broker.run("token", "list", "--token-file", boss)[1], "  this minute  ")

