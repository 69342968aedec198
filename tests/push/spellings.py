"""URLs that must not be registered, the ones that may be, and addresses that names must not lead to."""

# What no public name or address is, in the spellings that some reader of URLs takes for one.
REFUSED = """
https://127.0.0.1/
https://127.0.0.1:8443/
https://127.1/
https://127.0.1/
https://2130706433/
https://0x7f000001/
https://0x7f.1/
https://0x7f.0.0.1/
https://0177.0.0.1/
https://0177.1/
https://017700000001/
https://127.0.0.1./
https://127.000.000.001/
https://127.0.0.01/
https://127%2e0%2e0%2e1/
https://%31%32%37.0.0.1/
https://127\u30020\u30020\u30021/
https://\uff11\uff12\uff17.0.0.1/
https://\u2460\u2461\u2466.0.0.1/
https://0.0.0.0/
https://0/
https://0.1/
https://[::]/
https://[::1]/
https://[::1]:8443/
https://[0:0:0:0:0:0:0:1]/
https://[0000:0000:0000:0000:0000:0000:0000:0001]/
https://[::ffff:127.0.0.1]/
https://[::ffff:7f00:1]/
https://[::127.0.0.1]/
https://[64:ff9b::127.0.0.1]/
https://[64:ff9b::a9fe:a9fe]/
https://[64:ff9b:1::1]/
https://[2002:7f00:1::]/
https://[2002:a9fe:a9fe::1]/
https://[2001:0:7f00:1::1]/
https://[100::1]/
https://[2001:db8::1]/
https://[fc00::1]/
https://[fd12:3456::1]/
https://[fe80::1]/
https://[fe80::1%25eth0]/
https://[::1%25lo]/
https://[fec0::1]/
https://[ff02::1]/
https://[::1/
https://::1/
https://[::1]x/
https://[v1.x]/
https://10.0.0.1/
https://10.1/
https://100.64.0.1/
https://169.254.169.254/latest/meta-data/
https://2852039166/
https://0xa9fea9fe/
https://0251.0376.0251.0376/
https://[::ffff:169.254.169.254]/
https://172.16.0.1/
https://172.31.255.254/
https://192.0.0.1/
https://192.0.2.1/
https://192.88.99.1/
https://192.168.0.1/
https://198.18.0.1/
https://198.51.100.1/
https://203.0.113.1/
https://224.0.0.1/
https://239.255.255.255/
https://240.0.0.1/
https://255.255.255.255/
https://256.256.256.256/
https://1.2.3/
https://1.2.3.4.5/
https://4294967296/
https://99999999999999999999/
https://user@good.example/
https://user:word@good.example/
https://good.example@127.0.0.1/
https://good.example:443@127.0.0.1/
https://good.example%40127.0.0.1/
https://127.0.0.1#@good.example/
https://127.0.0.1?@good.example/
https://good.example\\@127.0.0.1/
https://127.0.0.1\\good.example/
https:\\\\127.0.0.1/
https://good.example/#part
https://good.example#
https://good.example:0/
https://good.example:22/
https://good.example:25/
https://good.example:6379x/
https://good.example:65536/
https://good.example:-1/
https://good.example:+443/
https://good.example:99999999999999999999/
https:///x
https://
https:good.example/
https:/good.example/
//good.example/
good.example/
/x
http://good.example/
http://93.184.216.34/
file:///etc/passwd
ftp://good.example/
gopher://127.0.0.1:6379/_x
dict://127.0.0.1:11211/
ldap://good.example/
javascript:alert(1)
https+unix://good.example/
https://g\u00f6\u00f6d.example/
https://good.example%00.evil.example/
https://good .example/
https://.../
https://.example/
""".strip().split("\n") + [
    "", " https://good.example/", "https://good.example/ ", "https://good.example/a b", "https://good.example/\r\nX: y",
    "https://good.example/\n", "https://good.example/\t", "https://good.example/\x7f",
    "https://good\t.example/", "https://127.0.0.1\n.good.example/", "https://good.example/\u00e9",
    "https://" + "a" * 64 + ".example/", "https://" + ".".join(["a" * 50] * 6) + "/", "https://good.example/" + "x" * 2100,
]

ACCEPTED = """
https://good.example
https://good.example/
https://good.example:443/x?a=b&c=%2F
https://good.example:8443/x
https://sub-domain.good.example/~a/b;c
https://xn--gd-fkaa.example/
https://93.184.216.34/
https://[2606:2800:220:1::1]/
https://good.example/@user
""".strip().split("\n")

# With --push-allow 127.0.0.2/32,fd00::/8: what that opens, and what it does not.
ALLOWED_BY_RANGE = ["http://127.0.0.2/x", "http://127.0.0.2:9001/x", "https://127.0.0.2:9001/", "http://127.0.0.2:25/",
                    "http://[fd00::1]:9001/x"]
STILL_REFUSED = ["http://127.0.0.1/", "http://127.0.0.3:9001/", "http://[::1]:9001/", "http://127.2:9001/",
                 "http://2130706434:9001/", "http://0x7f.0.0.2:9001/", "http://0177.0.0.2:9001/", "http://127.0.0.2.:9001/",
                 "http://user@127.0.0.2:9001/", "http://127.0.0.2:9001/#f", "http://10.0.0.1/", "http://[fc00::1]/",
                 "http://93.184.216.34/", "file://127.0.0.2/etc/passwd"]

# Where a name may lead; none of them may be connected to.
DENIED = """
0.0.0.0 0.0.0.1 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.0.0.3 127.255.255.254 169.254.0.1
169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255
198.51.100.1 203.0.113.1 224.0.0.1 239.1.2.3 240.0.0.1 255.255.255.255
:: ::1 ::2 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1
100::1 2001:0:7f00:1::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1 2002:a9fe:a9fe:: fc00::1 fd00::1 fdff::1 fe80::1 febf::1
fec0::1 ff02::1 ff0e::1
""".split()
