"""Many clients of one service, who insist: each asks until it has an answer."""

import http.client
import http.server
import itertools
import json
import os
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from tests.served import Served
from tests.waiting import HANGS_AFTER_S

# Its kink is at a sample: a fit takes 30 ms.
X = [i / 40 for i in range(41)]
LATE = 10
# More questions than one crowd asks.
MOST_ASKED = 100_000
# Each of those who ask one question after the other takes a breath between two.
BREATH_S = 0.2


FIGURE = re.compile(r"^(foldline_\S+) (\d\S*)$", re.M)


class Figures(NamedTuple):
    """How many jobs are where."""

    waiting: int
    running: int
    ended: int


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

    def leave(self) -> None:
        """Listen to nothing more."""
        self.shutdown()
        self.server_close()


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
    """Asks different questions until it has had enough; says which of them were accepted.

    Many come as one batch at the start; some as a batch of which the second half is sent only when
    there is enough, so that a request is under way all the time; the others one by one. A client
    that got no answer asks again with the same key, as clients do.

    Attributes:
        accepted: the job of each question, by its number.
        batches: the batches, each with how many questions it has.
        told_batches: those of them whose own end the receiver is told.
        singles: the numbers of the questions that came alone.
        receiver: is told how everything ends.
    """

    def __init__(
        self,
        served: Served,
        count: int,
        *,
        place: int = 0,
        seeds: Mapping[int, int] | None = None,
    ) -> None:
        """Begin to ask.

        Args:
            served: who is asked.
            count: how many questions the first batch has; their numbers begin with 0.
            place: how many crowds were there before this one, whose questions are others.
            seeds: the seeds of some questions, by their number.
        """
        self.accepted: dict[int, str] = {}
        self.batches: dict[str, int] = {}
        self.told_batches: list[str] = []
        self.receiver = Receiver()
        self._served = served
        self._place = place
        self._seeds = dict(seeds or {})
        self._before = self._all_figures()
        self._enough = threading.Event()
        self._half_sent = threading.Event()
        self._run = os.urandom(8).hex()
        self._first_single = count + LATE
        self._numbers = itertools.count(self._first_single)
        self._threads = [
            threading.Thread(target=self._ask_at_once, args=[range(count)]),
            threading.Thread(target=self._ask_slowly, args=[range(count, count + LATE)]),
            *(threading.Thread(target=self._ask_on) for _ in range(2)),
        ]
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    @property
    def singles(self) -> list[int]:
        """The numbers of the questions that came alone."""
        return [number for number in self.accepted if number >= self._first_single]

    def values(self, number: int) -> np.ndarray:
        """What a question is about, like no other."""
        return (1 + number + self._place * MOST_ASKED) * np.abs(np.asarray(X) - 0.3)

    def figures(self) -> Figures:
        """How many jobs are where; of those that have ended, since this crowd began."""
        found = self._all_figures()
        ended = sum(
            count - self._before.get(name, 0)
            for name, count in found.items()
            if name.startswith("foldline_jobs_ended_total")
        )
        return Figures(found["foldline_jobs_waiting"], found["foldline_jobs_running"], ended)

    def figure(self, name: str) -> int:
        """By how much a figure of the service has risen since this crowd began."""
        return self._all_figures().get(name, 0) - self._before.get(name, 0)

    def _all_figures(self) -> dict[str, int]:
        return {
            name: int(float(count)) for name, count in FIGURE.findall(self.get_text("/metrics"))
        }

    def is_asking(self) -> bool:
        """Whether a request is half sent, and everybody else still asks as well."""
        asking = [thread.is_alive() for thread in self._threads[1:]]
        return self._half_sent.is_set() and all(asking)

    def have_enough(self) -> None:
        """Ask nothing new; returns when everything that was asked is accepted."""
        self._enough.set()
        for thread in self._threads:
            thread.join()

    def ended(self) -> bool:
        """Whether nothing waits or is in work any more."""
        return self.figures()[:2] == (0, 0)

    def get(self, path: str) -> dict:
        """The document that is there."""
        return json.loads(self._insist("GET", path))

    def get_text(self, path: str) -> str:
        """The text that is there."""
        return self._insist("GET", path).decode()

    def listed(self) -> list[str]:
        """The ids of all jobs that the service knows, from its list."""
        ids, cursor = [], ""
        while cursor is not None:
            page = self.get(f"/v1/jobs?limit=100{cursor}")
            ids += [job["id"] for job in page["data"]]
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
        return ids

    def cancel(self, *, every: int) -> list[str]:
        """Cancel one in so many of those that were accepted; returns their ids.

        Some have ended, some are in work, most wait.
        """
        chosen = sorted(self.accepted.copy().values())[::every]
        for job_id in chosen:
            self._insist("POST", f"/v1/jobs/{job_id}/cancel", refusal=409)
        return chosen

    def move_to(self, served: Served) -> None:
        """Ask another service from now on."""
        self._served = served

    def _question(self, number: int) -> dict:
        return {
            "samples": {"x": X, "y": self.values(number).tolist()},
            "target": {"tolerance": 1e-3, "relative_to": "range"},
            "options": {"effort": "quick", "seed": self._seeds.get(number, 0)},
            "webhook": {"url": self.receiver.url},
        }

    def _ask_on(self) -> None:
        while not self._enough.is_set():
            number = next(self._numbers)
            question = json.dumps(self._question(number)).encode()
            answer = self._insist("POST", "/v1/jobs", question, key=str(number))
            self.accepted[number] = json.loads(answer)["id"]
            time.sleep(BREATH_S)

    def _ask_at_once(self, numbers: range) -> None:
        document = {
            "items": [self._question(number) for number in numbers],
            "webhook": {"url": self.receiver.url},
        }
        content = json.dumps(document).encode()
        answer = self._insist("POST", "/v1/batches", content, key="at once")
        self.told_batches.append(self._note(answer, numbers))

    def _ask_slowly(self, numbers: range) -> None:
        lines = [json.dumps(self._question(number)).encode() + b"\n" for number in numbers]
        half = len(lines) // 2

        class InHalves:
            """Sent anew with every try."""

            def __iter__(_) -> Iterator[bytes]:
                yield from lines[:half]
                self._half_sent.set()
                self._enough.wait()
                yield from lines[half:]

        how = {"key": "slowly", "kind": "application/x-ndjson"}
        self._note(self._insist("POST", "/v1/batches", InHalves(), **how), numbers)

    def _note(self, answer: bytes, numbers: range) -> str:
        batch_id: str = json.loads(answer)["id"]
        self.batches[batch_id] = len(numbers)
        stem = batch_id.removeprefix("batch_")
        for index, number in enumerate(numbers):
            self.accepted[number] = f"job_{stem}_{index:05d}"
        return batch_id

    def _insist(
        self,
        method: str,
        path: str,
        content: bytes | Iterable[bytes] | None = None,
        *,
        key: str | None = None,
        kind: str = "application/json",
        refusal: int | None = None,
    ) -> bytes:
        """Ask until there is an answer, or it is refused with this status."""
        headers = {"Content-Type": kind}
        if key is not None:
            headers["Idempotency-Key"] = f"{self._run} {key}"
        deadline = time.monotonic() + HANGS_AFTER_S
        while True:
            request = urllib.request.Request(
                self._served.url + path, data=content, headers=headers, method=method
            )
            try:
                with urllib.request.urlopen(request, timeout=HANGS_AFTER_S) as response:
                    return response.read()
            except urllib.error.HTTPError as error:
                if error.code == refusal:
                    return error.read()
                # Being away, busy with this key, or full, is said; anything else is a fault.
                problem = json.load(error)
                if error.code not in (409, 429, 503, 507):
                    raise
            except (OSError, http.client.HTTPException) as error:
                problem = error
            assert time.monotonic() < deadline, problem
            time.sleep(0.05)
