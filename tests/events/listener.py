"""A client of a stream of events: reads it on a thread, keeps what came, comes back where it was."""

import http.client
import json
import socket
import threading
import time


class Said:
    """One event as it was said."""

    def __init__(self, fields):
        self.id = int(fields["id"]) if "id" in fields else None
        self.type = fields.get("event")
        self.object = json.loads(fields["data"]) if "data" in fields else None


class Listener:
    """One stream, opened in __init__: its head is there when that returns."""

    def __init__(self, port, path="/v1/events", token=None, last_id=None, reads=True):
        self.said, self.comments, self.retry, self.is_ended = [], 0, None, False
        self.changed = threading.Condition()
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if last_id is not None:
            headers["Last-Event-ID"] = str(last_id)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.connect()
        self.connection.request("GET", path, headers=headers)
        self.socket = self.connection.sock
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.headers = dict((name.lower(), value) for name, value in self.response.getheaders())
        self.thread = None
        if self.status == 200 and reads:
            self.read_on()

    def read_on(self):
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        fields = {}
        try:
            for line in self.response:
                line = line.decode().rstrip("\n")
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif fields:
                    self._take(fields)
                    fields = {}
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            pass
        with self.changed:
            self.is_ended = True
            self.changed.notify_all()

    def _take(self, fields):
        with self.changed:
            if "retry" in fields:
                self.retry = int(fields["retry"])
            if "event" in fields:
                self.said.append(Said(fields))
            self.changed.notify_all()

    def wait(self, is_enough, timeout=15):
        """Until that is true of this listener; what came by then."""
        with self.changed:
            if not self.changed.wait_for(lambda: is_enough(self), timeout):
                raise AssertionError(f"only {[(one.id, one.type) for one in self.said][-20:]} came "
                                     f"(ended: {self.is_ended})")
            return list(self.said)

    def wait_for(self, *types, timeout=15):
        """Until these have come, in this order, others between them."""
        def is_enough(this):
            left = list(types)
            for one in this.said:
                if left and one.type == left[0]:
                    left.pop(0)
            return not left
        return self.wait(is_enough, timeout)

    def wait_end(self, timeout=15):
        return self.wait(lambda this: this.is_ended, timeout)

    @property
    def types(self):
        return [one.type for one in self.said]

    @property
    def ids(self):
        return [one.id for one in self.said if one.id is not None]

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.connection.close()


class Faithful:
    """Comes back with the last id it saw, whatever happens to the stream, as a browser does."""

    def __init__(self, port, path="/v1/events", last_id=None):
        self.port, self.path, self.last_id = port, path, last_id
        self.ids, self.others, self.connections = [], [], 0
        self.is_stopped = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.is_stopped:
            try:
                listener = Listener(self.port, self.path, last_id=self.last_id)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
                continue
            self.connections += 1
            seen = 0
            while not self.is_stopped and not (listener.is_ended and seen == len(listener.said)):
                with listener.changed:
                    listener.changed.wait_for(lambda: len(listener.said) > seen or listener.is_ended, 0.2)
                    new = listener.said[seen:]
                seen += len(new)
                for one in new:
                    if one.id is not None:
                        self.ids.append(one.id)
                        self.last_id = one.id
                    if one.id is None or one.type == "reset":
                        self.others.append(one.type)
            listener.close()

    def wait_id(self, number, timeout=30):
        deadline = time.monotonic() + timeout
        while (not self.ids or self.ids[-1] < number) and time.monotonic() < deadline:
            time.sleep(0.02)
        if not self.ids or self.ids[-1] < number:
            raise AssertionError(f"the last of {len(self.ids)} ids is {self.ids[-1:]}, not {number}")

    def stop(self):
        self.is_stopped = True
        self.thread.join(5)
