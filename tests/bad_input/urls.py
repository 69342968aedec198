"""B136 to B160: addresses to push to, refused when a worker is registered with one, and their secrets."""

from case import Case, send

# (row, URLs that are refused where they stand)
REFUSED = (
    (136, ("http://a.example.com", "http://a.example.com:8443/x", "HTTP://a.example.com")),
    (137, ("file:///etc/passwd", "gopher://a.example.com/", "ftp://a.example.com", "dict://a.example.com:11211/",
           "unix:/run/x.sock", "javascript:alert(1)", "data:text/plain,x", "ws://a.example.com")),
    (138, ("//a.example.com", "a.example.com", "/jobs", "", "https:", "https:/a.example.com", "https:a.example.com", "https://",
           "https:///jobs")),
    (139, ("https://user@a.example.com", "https://user:pass@a.example.com", "https://:@a.example.com")),
    (140, ("https://127.0.0.1", "https://127.0.0.1:8443/", "https://127.255.255.254")),
    (141, ("https://127.1", "https://127.0.1", "https://10.1")),
    (142, ("https://2130706433", "https://2130706433:8443/")),
    (143, ("https://0x7f000001", "https://0x7f.0.0.1", "https://0x7f.1", "https://a.0x7f")),
    (144, ("https://0177.0.0.1", "https://017700000001", "https://127.0.0.01")),
    (145, ("https://localhost", "https://localhost.", "https://LOCALHOST", "https://x.localhost", "https://localhost:8443/")),
    (146, ("https://[::1]", "https://[::1]:8443/", "https://[0:0:0:0:0:0:0:1]")),
    (147, ("https://[::ffff:127.0.0.1]",)),
    (148, ("https://[::ffff:7f00:1]", "https://[::ffff:a00:1]")),
    (149, ("https://[64:ff9b::7f00:1]", "https://[64:ff9b::a9fe:a9fe]")),
    (150, ("https://[2002:7f00:1::]",)),
    (151, ("https://[fe80::1%25eth0]", "https://[fe80::1]", "https://[fe80::1%eth0]")),
    (152, ("https://0.0.0.0", "https://[::]", "https://0")),
    (153, ("https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]")),
    (154, ("https://10.0.0.1", "https://172.16.0.1", "https://172.31.255.255", "https://192.168.1.1", "https://100.64.0.1",
           "https://224.0.0.1", "https://255.255.255.255", "https://[ff02::1]")),
    (156, ("https://" + ".".join(["a" * 63] * 3 + ["a" * 62]) + "/", "https://" + "a." * 150 + "com", "https://" + "a" * 64 + ".com")),
    (157, ("https://１２７.0.0.1", "https://127。0。0。1", "https://a．example．com", "https://éxample.com", "https://a.example.com/é")),
    (158, ("https://a.example.com:0", "https://a.example.com:65536", "https://a.example.com:22",
           "https://a.example.com:", "https://a.example.com:-1", "https://a.example.com:8443x", "https://a.example.com:80")),
    (159, ("https://a@b", "https://a\\@b.example.com", "https://a.example.com#@b", "https://a.example.com/#x",
           "https://a.example.com\\jobs", "https://a.example.com/a b", "https://[::1", "https://a..example.com",
           "https://-a.example.com", "https://.")),
    (160, ("https://a.example.com/\r\nX: y", "https://a.example.com/\tx", "https://a.exam\nple.com", "https://a.example.com/\0",
           "https://a.example.com/\x7f", "https://a.example.com/" + "x" * 2048)),
)
TAKEN = ("https://a.invalid", "https://a.invalid:8443/x?y=z&u=https://b@c", "https://xn--xample-9ua.invalid/", "https://8.8.8.8/")
SECRETS = ("", "whsec_", "whsec_!!!!", "whsec_c2hvcnQ=", "whsec_" + "A" * 92, "hunter2", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7o",
           7, True, [], {})


def _register(members):
    return send("POST", "/v1/workers", {"identity": "x", "queues": ["never"]} | members)


def cases():
    for row, urls in REFUSED:
        for url in urls:
            yield Case(f"B{row}", f"push_url {url[:50]!a}", _register({"mode": "push", "push_url": url}), (400,))
    for value in (7, True, [], {}):
        yield Case("B136", f"push_url {value!r}", _register({"mode": "push", "push_url": value}), (400,))
    for secret in SECRETS:
        yield Case("B136", f"push_secret {secret!a}", _register({"mode": "push", "push_url": TAKEN[0], "push_secret": secret}),
                   (400,))
        yield Case("B136", f"PATCH push_secret {secret!a}",
                   lambda fixture, secret=secret: send("PATCH", f"/v1/workers/{fixture.worker}", {"push_secret": secret}), (400,))
    yield Case("B136", "mode push without push_url", _register({"mode": "push"}), (400,))
    yield Case("B136", "push_url without mode push", _register({"push_url": TAKEN[0]}), (400,))
    yield Case("B136", "push_secret of one that polls", _register({"push_secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}), (400,))
    yield Case("B136", "confirm_s of one that is pushed to",
               _register({"mode": "push", "push_url": TAKEN[0], "confirm_s": 5}), (400,))
    yield Case("B161", "push headers", _register({"mode": "push", "push_url": TAKEN[0], "push_headers": {"Host": "x"}}), (400,))
    for url in TAKEN:
        yield Case("B136", f"push_url {url}", _register({"queues": ["ok"], "mode": "push", "push_url": url}), (201,))
