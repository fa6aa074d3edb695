"""The service under load: submissions a second, a long queue, and batches, all through HTTP.

Submissions of 100 samples each, beside what RQ alone takes in and what uvicorn alone answers; the
time of a list, a status and a metrics request before and while thousands of jobs wait; how long a
batch of 10,000 functions takes to be accepted; and fits per second of a batch of 256 beside
``fit_many`` in this process. Takes about 3 minutes; ``--quick`` half a minute.

    python benchmarks/service.py --write benchmarks/results/service.md
    python benchmarks/service.py --quick

Client, API, broker and workers share the machine, so it should be a quiet one, and ``--data-dir``
on the disk that counts. On ext4 a directory from whose neighbourhood thousands of files were
removed in the last minutes makes every new file cost ten times as much: the file system steps over
each inode that has just become free.
"""

import argparse
import json
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import redis
from rq import Queue

from benchmarks._load import Load, ask_all, request
from benchmarks._report import document, header, progress, run, section, table
from benchmarks._serving import HERE, Serving, bare_uvicorn, serving
from benchmarks.many import requests as fit_requests
from storage.job_queue import SERIALIZER
from storage.keys import FIT_JOB
from worker.numerics.devices import cores
from worker.numerics.fit import Fit, FitRequest
from worker.numerics.many import fit_many
from worker.numerics.pool.pool import FitPool

SUBMISSIONS, FEW_SUBMISSIONS = 4000, 200
SAMPLES = 100
CONNECTIONS = (1, 16, 64)
# API processes.
APIS = (1, 2)
# The goal: so many a second, 99 % of them answered within so many milliseconds.
OFFERED, GOAL_MS = 500.0, 100.0
OFFERED_CONNECTIONS = 64
FEW_WAITING = 100
LOOKS, FEW_LOOKS = 300, 30
LARGE_BATCH, FEW_LARGE = 10_000, 500
CURVES, FEW_CURVES = 256, 16
WARM_UP = 4
PLACES = {
    "status of a job": "/v1/jobs/{job}",
    "list of 100 jobs": "/v1/jobs?limit=100",
    "metrics": "/metrics",
}

Row = tuple[str, ...]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small part of everything")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where the data is kept")
    run(report, parser)


def report(options: argparse.Namespace) -> str:
    """All tables with their header, as Markdown."""
    began = time.perf_counter()
    quick = options.quick
    count = FEW_SUBMISSIONS if quick else SUBMISSIONS
    looks = FEW_LOOKS if quick else LOOKS
    with serving(options.data_dir, apis=APIS[0]) as served:
        rows = submissions(served, count, APIS[0])
    with serving(options.data_dir, apis=APIS[1]) as served:
        ask_all(served.port, _shares(FEW_WAITING, 1)[0], connections=CONNECTIONS[0])
        short = looked(served, looks)
        rows += submissions(served, count, APIS[1])
        long = looked(served, looks)
        large = large_batch(served, FEW_LARGE if quick else LARGE_BATCH)
        rows.append(_row("RQ alone, one process", enqueued(served.redis_url, count)))
    rows += beside(count)
    parts = [
        submissions_section(rows, count),
        long_queue(short, long, FEW_WAITING + (len(CONNECTIONS) + 1) * count),
        large,
        batch_beside_fit_many(options.data_dir, FEW_CURVES if quick else CURVES),
    ]
    text = (
        "API, broker, workers and client on this machine; whatever is accepted has been synced to "
        "disk by the API and by the broker."
    )
    return document([header("The service", text, time.perf_counter() - began, quick=quick), *parts])


def questions(count: int) -> Iterator[str]:
    """So many jobs as JSON, no two alike."""
    generator = np.random.default_rng(0)
    x = np.linspace(0, 1, SAMPLES).tolist()
    for _ in range(count):
        samples = {"x": x, "y": generator.random(SAMPLES).tolist()}
        yield json.dumps({"samples": samples, "target": {"tolerance": 1e-3}})


def submissions(served: Serving, count: int, apis: int) -> list[Row]:
    """How many jobs a second are accepted: as fast as can be, and at the rate of the goal."""
    shares = _shares(count, len(CONNECTIONS) + 1)
    what = f"Foldline, {apis} API process(es)"
    rows = [
        _row(f"{what}, {n} connection(s)", ask_all(served.port, share, connections=n))
        for n, share in zip(CONNECTIONS, shares, strict=False)
    ]
    offered = ask_all(served.port, shares[-1], connections=OFFERED_CONNECTIONS, per_second=OFFERED)
    return [*rows, _row(f"{what}, {OFFERED:.0f} a second offered", offered)]


def beside(count: int) -> list[Row]:
    """What uvicorn alone answers to the same requests."""
    with bare_uvicorn() as port:
        return [
            _row(f"uvicorn alone, {n} connection(s)", ask_all(port, share, connections=n))
            for n, share in zip(CONNECTIONS, _shares(count, len(CONNECTIONS)), strict=True)
        ]


def submissions_section(rows: Sequence[Row], count: int) -> str:
    """The table of all of them."""
    columns = ("", "a second", "median, ms", "99 %, ms", "answers by status")
    text = (
        f"{count} jobs of {SAMPLES} samples in each row, no two alike, and no worker. RQ alone "
        "enqueues a name and an id on the same broker: no HTTP, samples, list or limit. uvicorn "
        "alone reads the same requests and answers 202. Where jobs are offered at a rate, the time "
        f"of one begins when it is due. The goal is {OFFERED:.0f} a second, 99 % of them within "
        f"{GOAL_MS:.0f} ms."
    )
    return section("Submissions", f"{text}\n\n{table(columns, rows)}")


def enqueued(redis_url: str, count: int) -> Load:
    """What RQ takes in from one process."""
    queue = Queue("bench", connection=redis.Redis.from_url(redis_url), serializer=SERIALIZER)
    latencies = np.empty(count)
    began = time.perf_counter()
    for number in range(count):
        start = time.perf_counter()
        queue.enqueue(FIT_JOB, f"job_{number:032d}")
        latencies[number] = time.perf_counter() - start
    return Load(time.perf_counter() - began, latencies, {})


def looked(served: Serving, count: int) -> dict[str, Load]:
    """What it takes to look at this and that, one request after the other."""
    job = _answer(served, "/v1/jobs?limit=1")["data"][0]["id"]
    return {
        name: ask_all(served.port, [request("GET", path.format(job=job))] * count, connections=1)
        for name, path in PLACES.items()
    }


def long_queue(short: dict[str, Load], long: dict[str, Load], waiting: int) -> str:
    """The same requests, with few and with many jobs in the queue."""
    rows = [
        [
            name,
            *(
                f"{load.percentile_ms(q):.1f}"
                for load in (short[name], long[name])
                for q in (50, 99)
            ),
        ]
        for name in PLACES
    ]
    columns = (
        "",
        f"{FEW_WAITING} wait: median, ms",
        "99 %, ms",
        f"{waiting} wait: median, ms",
        "99 %, ms",
    )
    return section("A long queue", table(columns, rows))


def large_batch(served: Serving, count: int) -> str:
    """How long it takes to accept many functions at once."""
    body = "\n".join(questions(count)).encode()
    began = time.perf_counter()
    batch = _answer(served, "/v1/batches", body)
    seconds = time.perf_counter() - began
    return section(
        "A large batch",
        f"{batch['counts']['queued']} functions of {SAMPLES} samples, {len(body) / 1e6:.0f} MB of "
        f"NDJSON in one request: accepted after {seconds:.1f} s, {count / seconds:.0f} a second.",
    )


def batch_beside_fit_many(parent: Path | None, count: int) -> str:
    """Fits per second from the request to the last result, beside ``fit_many`` here."""
    asked = fit_requests(count + WARM_UP)
    with FitPool() as pool:
        fit_many(asked[:WARM_UP], pool=pool, device="cpu")
        began = time.perf_counter()
        answers = fit_many(asked[WARM_UP:], pool=pool, device="cpu")
        bare_s = time.perf_counter() - began
    bare_met = sum(isinstance(answer, Fit) and answer.met for answer in answers)
    progress(f"fit_many: {bare_s:.1f} s")
    with serving(parent, worker_processes=cores()) as served:
        _met_through_http(served, _ndjson(asked[:WARM_UP]))
        body = _ndjson(asked[WARM_UP:])
        began = time.perf_counter()
        served_met = _met_through_http(served, body)
        served_s = time.perf_counter() - began
    progress(f"through HTTP: {served_s:.1f} s")
    rows = [
        (name, f"{seconds:.1f}", f"{count / seconds:.1f}", f"{bare_s / seconds:.2f}", str(met))
        for name, seconds, met in (
            ("fit_many here", bare_s, bare_met),
            ("a batch through HTTP", served_s, served_met),
        )
    ]
    text = (
        f"The {count} curves of many.py as one batch of NDJSON, from the request to the last line "
        f"of its results; {cores()} fits at the same time in both. The goal is 0.8 of fit_many."
    )
    columns = ("", "seconds", "fits/s", "of fit_many", "targets met")
    return section("A batch of fits", f"{text}\n\n{table(columns, rows)}")


def _met_through_http(served: Serving, body: bytes) -> int:
    """Ask a batch, and read its results to the end; how many targets are met."""
    batch = _answer(served, "/v1/batches", body)
    address = f"http://{HERE}:{served.port}{batch['links']['results']}?follow=true"
    with urllib.request.urlopen(address) as answer:
        return sum(bool(json.loads(line)["met"]) for line in answer)


def _ndjson(asked: Sequence[FitRequest]) -> bytes:
    """Requests as they are sent."""
    return "\n".join(
        json.dumps(
            {
                "samples": {"x": one.samples.x.tolist(), "y": one.samples.y.tolist()},
                "target": one.target.model_dump(mode="json", exclude_none=True),
                "options": one.options.model_dump(mode="json", exclude_none=True),
            }
        )
        for one in asked
    ).encode()


def _answer(served: Serving, path: str, ndjson: bytes | None = None) -> Any:  # noqa: ANN401
    """What is answered to a GET, or to the POST of this NDJSON."""
    asked = urllib.request.Request(f"http://{HERE}:{served.port}{path}", ndjson)
    asked.add_header("Content-Type", "application/x-ndjson")
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)


def _shares(count: int, shares: int) -> list[list[bytes]]:
    """So many requests for each of so many rows."""
    asked = [request("POST", "/v1/jobs", body.encode()) for body in questions(shares * count)]
    return [asked[n * count : (n + 1) * count] for n in range(shares)]


def _row(name: str, load: Load) -> Row:
    progress(f"{name}: {load.rate:.0f}/s")
    answers = ", ".join(f"{n} x {status}" for status, n in sorted(load.statuses.items()))
    return (name, f"{load.rate:.0f}", *_times(load), answers)


def _times(load: Load) -> tuple[str, str]:
    return f"{load.percentile_ms(50):.1f}", f"{load.percentile_ms(99):.1f}"


if __name__ == "__main__":
    main()
