"""Certificates of a CA of the tests' own, and one that nobody signed."""

import os
import subprocess

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Certificates:
    """A CA of its own and what it signed: good, for another host, expired; and one that nobody signed."""

    def __init__(self, folder, host):
        self.folder = folder
        self.ca, self.ca_key = self._own("ca", "ca.example")
        self.alone, self.alone_key = self._own("alone", host)
        self.good, self.good_key = self._signed("good", host, "2")
        self.other, self.other_key = self._signed("other", "elsewhere.example", "2")
        self.expired, self.expired_key = self._signed("expired", host, "-1")

    def _paths(self, name):
        return os.path.join(self.folder, name + ".crt"), os.path.join(self.folder, name + ".key")

    def _own(self, name, host):
        certificate, key = self._paths(name)
        _openssl("req", "-x509", *NEW_KEY, "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{host}",
                 "-keyout", key, "-out", certificate)
        return certificate, key

    def _signed(self, name, host, days):
        certificate, key = self._paths(name)
        asked = os.path.join(self.folder, name + ".csr")
        _openssl("req", *NEW_KEY, "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{host}", "-keyout", key, "-out", asked)
        _openssl("x509", "-req", "-in", asked, "-CA", self.ca, "-CAkey", self.ca_key, "-CAcreateserial", "-days", days,
                 "-copy_extensions", "copy", "-out", certificate)
        return certificate, key


def _openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
