"""Many clients of one service, who insist: each asks until it has an answer."""

import http.server
import json
import os
import threading
import time
import urllib.error
import urllib.request

from tests.served import Served

FINAL = ("succeeded", "failed", "cancelled")


def question(number: int) -> dict:
    """A question like no other."""
    x = [i / 59 for i in range(60)]
    return {
        "samples": {"x": x, "y": [(1 + number) * value**3 - value for value in x]},
        "target": {"tolerance": 1e-3, "relative_to": "range"},
        "options": {"effort": "quick"},
    }


class Receiver(http.server.ThreadingHTTPServer):
    """Is told how jobs have ended.

    Attributes:
        told: for each id of a message the bodies that came with it.
    """

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Listener)
        self.told: dict[str, set[str]] = {}
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}/"


class _Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with self.server.lock:
            self.server.told.setdefault(self.headers["webhook-id"], set()).add(body)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Crowd:
    """Asks many different questions, half of them as a batch; says which of them were accepted.

    A client that got no answer asks again with the same key, as clients do.

    Attributes:
        accepted: the job of each question, by its number.
        batch: the address of the batch.
    """

    def __init__(self, served: Served, count: int) -> None:
        """Begin to ask, from a few threads."""
        self.accepted: dict[int, str] = {}
        self._served = served
        self._receiver = Receiver()
        self._count = count
        self.batch = ""
        half = count // 2
        self._numbers = iter(range(half))
        self._lock = threading.Lock()
        self._run = os.urandom(8).hex()
        self._threads = [threading.Thread(target=self._ask_on) for _ in range(4)]
        at_once = threading.Thread(target=self._ask_at_once, args=[range(half, count)])
        self._threads.append(at_once)
        for thread in self._threads:
            thread.start()

    def jobs(self) -> dict[str, dict]:
        """Every accepted job as it is now; waits until all were accepted and the API answers."""
        for thread in self._threads:
            thread.join()
        assert len(self.accepted) == self._count
        return {job: self._insist("GET", f"/v1/jobs/{job}") for job in self.accepted.values()}

    def listed(self) -> list[str]:
        """The ids of all jobs that the service knows, from its list."""
        ids, cursor = [], ""
        while cursor is not None:
            page = self._insist("GET", f"/v1/jobs?limit=100{cursor}")
            ids += [job["id"] for job in page["data"]]
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
        return ids

    def batch_counts(self) -> dict[str, int]:
        """How many jobs of the batch are where."""
        return self._insist("GET", self.batch)["counts"]

    def singles(self) -> list[str]:
        """The jobs that came alone."""
        return [job for number, job in self.accepted.items() if number < self._count // 2]

    def model(self, job: dict) -> dict:
        """The model of a job."""
        return self._insist("GET", job["links"]["model"])

    def move_to(self, served: Served) -> None:
        """Ask another service from now on."""
        self._served = served

    def ended(self) -> dict[str, dict] | None:
        """All jobs once each has ended; None before."""
        jobs = self.jobs()
        return jobs if all(job["status"] in FINAL for job in jobs.values()) else None

    def told(self) -> dict[str, set[str]]:
        """What the receiver was told of each job, by the id of the message."""
        return self._receiver.told

    def leave(self) -> None:
        """Listen to nothing more."""
        self._receiver.shutdown()
        self._receiver.server_close()

    def _question(self, number: int) -> dict:
        return {**question(number), "webhook": {"url": self._receiver.url}}

    def _ask_on(self) -> None:
        while True:
            with self._lock:
                number = next(self._numbers, None)
            if number is None:
                return
            key = f"{self._run}-{number}"
            job = self._insist("POST", "/v1/jobs", self._question(number), key=key)
            self.accepted[number] = job["id"]

    def _ask_at_once(self, numbers: range) -> None:
        document = {"items": [self._question(number) for number in numbers]}
        batch = self._insist("POST", "/v1/batches", document, key=f"{self._run}-batch")
        self.batch = batch["links"]["self"]
        stem = batch["id"].removeprefix("batch_")
        for index, number in enumerate(numbers):
            self.accepted[number] = f"job_{stem}_{index:05d}"

    def _insist(self, method: str, path: str, document=None, *, key: str | None = None) -> dict:
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        body = None if document is None else json.dumps(document).encode()
        deadline = time.monotonic() + 60
        while True:
            request = urllib.request.Request(
                self._served.url + path, data=body, headers=headers, method=method
            )
            try:
                with urllib.request.urlopen(request, timeout=10) as response:
                    return json.load(response)
            except urllib.error.HTTPError as error:
                # Being away, busy with this key, or full, is said; anything else is a fault.
                problem = json.load(error)
                if error.code not in (409, 429, 503):
                    raise
            except (OSError, ValueError) as error:
                problem = error
            assert time.monotonic() < deadline, problem
            time.sleep(0.05)
