"""Images and containers without an engine running: debootstrap, buildah and podman, with a store of their own."""

import json
import os
import pathlib
import shutil
import subprocess
import time

BASE = "debian:bookworm-slim"
LOCKED = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]


class Failed(Exception):
    pass


def output(*words, **more):
    """stdout of a command that must succeed."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, **more)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, words))}: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def archives():
    """The machine's own sources of Debian packages, one a line: keyring, address, suite, component."""
    lines = output("apt-get", "indextargets", "--format", "$(LABEL)\t$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)",
                   "Created-By: Packages", "Origin: Debian").splitlines()
    found = [line.split("\t")[1:] for line in dict.fromkeys(lines) if line.startswith("Debian")]
    return [source for source in found if source[1].startswith("bookworm")]


def fetching():
    """How this machine's apt fetches: what the base needs to fetch from the same place."""
    dump = output("apt-config", "dump").splitlines()
    return [line for line in dump if not line.endswith('"";')
            and line.lower().startswith(("acquire::check-", "acquire::http::proxy ", "acquire::https::proxy "))]


class Engine:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.runtime = pathlib.Path("/run/sluice-test-container")
        self.store = ["--storage-driver", "vfs", "--root", str(self.folder / "store"), "--runroot", str(self.runtime)]
        self.names = []

    def buildah(self, *words):
        env = {**os.environ, "BUILDAH_ISOLATION": "chroot"}
        return output("buildah", *self.store, *words, env=env)

    def podman_words(self, *words):
        return ["podman", *self.store, "--runtime", "runc", "--cgroup-manager", "cgroupfs",
                "--events-backend", "none", *map(str, words)]

    def podman(self, *words):
        return output(*self.podman_words(*words))

    def has_image(self, name):
        return subprocess.run(["buildah", *self.store, "inspect", "--type", "image", name],
                              capture_output=True, check=False).returncode == 0

    def make_base(self):
        """What the Dockerfile's FROM names, from this machine's own package archive."""
        if self.has_image(BASE):
            return
        sources = archives()
        main = next((source for source in sources if source[1] == "bookworm"), None)
        if main is None:
            raise Failed("this machine has no package source of Debian 12")
        tree = self.folder / "base"
        shutil.rmtree(tree, ignore_errors=True)
        extra = ["--include=ca-certificates"] if main[0].startswith("https:") else []
        output("debootstrap", "--variant=minbase", *extra, "bookworm", str(tree), main[0])
        keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
        (tree / "etc/apt/sources.list").write_text(
            "".join(f"deb [signed-by={keyring}] {' '.join(source)}\n" for source in sources))
        (tree / "etc/apt/apt.conf.d/90fetching").write_text("\n".join(fetching()) + "\n")
        shutil.rmtree(tree / "var/cache/apt/archives")
        container = self.buildah("from", "scratch").strip()
        self.buildah("add", container, str(tree), "/")
        self.buildah("commit", container, BASE)
        self.buildah("rm", container)
        shutil.rmtree(tree)

    def build(self, root, target, tag, **arguments):
        given = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
        self.buildah("bud", "--layers", "--pull-never", "--format", "docker", "-f", f"{root}/docker/Dockerfile",
                     "--target", target, *given, "-t", tag, str(root))

    def size(self, tag):
        return json.loads(self.podman("image", "inspect", tag))[0]["Size"]

    def config(self, tag):
        """What the image says to Docker."""
        return json.loads(self.buildah("inspect", "--type", "image", tag))["Docker"]["config"]

    def run_words(self, tag, words, options):
        # Within what the kernels of small machines allow; health checks by podman's own clock would need systemd.
        return self.podman_words("run", "--no-healthcheck", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024",
                                 "--security-opt", "seccomp=unconfined", *options, tag, *words)

    def run(self, tag, *words, options=()):
        """Run a container to its end: exit code, stdout, stderr."""
        options = ["--rm", "--network", "none", *options]
        done = subprocess.run(self.run_words(tag, words, options), capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def start(self, tag, *words, options=(), network="none"):
        name = f"sluice-test-{os.getpid()}-{len(self.names)}"
        self.names.append(name)
        output(*self.run_words(tag, words, ["--detach", "--name", name, "--network", network, *options]))
        return Container(self, name)

    def copy_out(self, tag, folder):
        """The files of an image."""
        container = self.buildah("from", "--pull-never", tag).strip()
        try:
            mounted = self.buildah("mount", container).strip()
            output("cp", "-a", mounted + "/.", str(folder))
        finally:
            self.buildah("rm", container)

    def end(self):
        for name in self.names:
            subprocess.run(self.podman_words("rm", "--force", "--volumes", "--time", "1", name), capture_output=True, check=False)

    def prune(self):
        """Keep the newest layers only: those of images with a name, and what they were built from."""
        for words in (["buildah", *self.store, "rm", "--all"], self.podman_words("image", "prune", "--force")):
            subprocess.run(words, capture_output=True, check=False)


class Container:
    """A running container. Its network is its own: only from inside is it reached."""

    def __init__(self, engine, name):
        self.engine, self.name = engine, name
        self.pid = self.state()["Pid"]

    def state(self):
        return json.loads(self.engine.podman("inspect", "--format", "{{json .State}}", self.name))

    def logs(self):
        return output("bash", "-c", '"$@" 2>&1', "logs", *self.engine.podman_words("logs", self.name))

    def execute(self, *words):
        """As a health check or an operator runs a command in it: exit code, stdout, stderr."""
        how, env = self.engine.podman_words("exec", self.name), None
        if os.environ.get("SLUICE_TEST_CHROOT"):
            # runc finds the wrong root there, so we go in by ourselves.
            how = ["nsenter", "--target", str(self.pid), "--mount", "--net", "--pid", "--root", "--wd",
                   "--setuid", "65532", "--setgid", "65532"]
            lines = pathlib.Path(f"/proc/{self.pid}/environ").read_text(encoding="utf-8").split("\0")
            env = dict(line.split("=", 1) for line in lines if line)
        done = subprocess.run([*how, *words], capture_output=True, text=True, check=False, timeout=30, env=env)
        return done.returncode, done.stdout, done.stderr

    def curl_words(self, method, path, body=None, token=None):
        words = ["nsenter", "--net", "--target", str(self.pid), "curl", "--silent", "--show-error", "--noproxy", "*",
                 "--max-time", "40", "--write-out", "\n%{http_code}", "--request", method]
        if body is not None:
            words += ["--json", json.dumps(body)]
        if token is not None:
            words += ["--header", f"Authorization: Bearer {token}"]
        return words + ["http://127.0.0.1:8080" + path]

    def ask(self, method, path, body=None, token=None):
        """Status and body (parsed, if there is one)."""
        return parse(output(*self.curl_words(method, path, body, token)))

    def ask_later(self, *what):
        return subprocess.Popen(self.curl_words(*what), stdout=subprocess.PIPE, text=True)

    def wait_ready(self, seconds=20):
        """Until the health check that the image carries says so."""
        end = time.monotonic() + seconds
        while (health := self.execute("/usr/bin/sluice", "health"))[0] != 0:
            if time.monotonic() > end or not self.state()["Running"]:
                raise Failed(f"the broker is not ready: {health}\n{self.logs()}")
            time.sleep(0.1)
        return self

    def stop(self, seconds=10):
        """As `docker stop` does: its signal, and after the time a kill. Exit code and how long it took."""
        began = time.monotonic()
        self.engine.podman("stop", "--time", seconds, self.name)
        return self.state()["ExitCode"], time.monotonic() - began


def parse(text):
    body, _, status = text.rpartition("\n")
    return int(status), json.loads(body) if body.startswith(("{", "[")) else body
