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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import redis
from rq import Queue

from benchmarks._load import Load, ask_all, request
from benchmarks._report import document, header, progress, run, section, table
from benchmarks._serving import Serving, bare_uvicorn, serving
from benchmarks.many import requests as fit_requests
from storage.keys import WAKE_TASK
from storage.wake_ups import SERIALIZER
from worker.numerics.fit import FitRequest
from worker.numerics.many import fit_many
from worker.numerics.pool.pool import FitPool, cores

SUBMISSIONS, FEW_SUBMISSIONS = 4000, 200
SAMPLES = 100
CONNECTIONS = (1, 16, 64)
# The goal: so many a second, 99 % of them answered within so many milliseconds.
OFFERED, GOAL_MS = 500.0, 100.0
OFFERED_CONNECTIONS = 64
LOOKS, FEW_LOOKS = 300, 30
LARGE_BATCH, FEW_LARGE = 10_000, 500
CURVES, FEW_CURVES = 256, 16
WARM_UP = 4
NDJSON = "application/x-ndjson"
PLACES = {"status of a job": "/v1/jobs/{job}", "list of 100 jobs": "/v1/jobs?limit=100"}
PLACES["metrics"] = "/metrics"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small part of everything")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where the data is kept")
    parser.add_argument("--apis", type=int, default=1, metavar="N", help="API processes")
    run(report, parser)


def report(options: argparse.Namespace) -> str:
    """All tables with their header, as Markdown."""
    began = time.perf_counter()
    quick = options.quick
    count = FEW_SUBMISSIONS if quick else SUBMISSIONS
    looks = FEW_LOOKS if quick else LOOKS
    with serving(options.data_dir, apis=options.apis) as served:
        job = _posted(served, "/v1/jobs", next(questions(1)).encode(), "application/json")["id"]
        short = looked(served.port, job, looks)
        submitted = submissions(served, count)
        long = looked(served.port, job, looks)
        waiting = 1 + count * len(CONNECTIONS) + int(count)
        large = large_batch(served, FEW_LARGE if quick else LARGE_BATCH)
    parts = [submitted, long_queue(short, long, waiting), large]
    parts.append(batch_beside_fit_many(options.data_dir, FEW_CURVES if quick else CURVES))
    text = (
        f"{options.apis} API process(es), broker, workers and client on this machine; whatever is "
        "accepted has been synced to disk by the API and by the broker."
    )
    return document([header("The service", text, time.perf_counter() - began, quick=quick), *parts])


def questions(count: int) -> Iterator[str]:
    """So many jobs as JSON, no two alike."""
    generator = np.random.default_rng(0)
    x = np.linspace(0, 1, SAMPLES).tolist()
    for _ in range(count):
        samples = {"x": x, "y": generator.random(SAMPLES).tolist()}
        yield json.dumps({"samples": samples, "target": {"tolerance": 1e-3}})


def submissions(served: Serving, count: int) -> str:
    """How many jobs a second are accepted, beside what a part of the way takes."""
    asked = [
        request("POST", "/v1/jobs", body.encode())
        for body in questions((len(CONNECTIONS) + 1) * count + 1)
    ][1:]
    shares = [asked[n * count : (n + 1) * count] for n in range(len(CONNECTIONS) + 1)]
    rows = []
    for connections, share in zip(CONNECTIONS, shares, strict=False):
        load = ask_all(served.port, share, connections=connections)
        rows.append(_row(f"Foldline, connections: {connections}", load))
    load = ask_all(
        served.port, shares[-1], connections=OFFERED_CONNECTIONS, per_second=OFFERED
    )
    rows.append(_row(f"Foldline, {OFFERED:.0f} a second offered", load))
    with bare_uvicorn() as port:
        for connections, share in zip(CONNECTIONS, shares, strict=False):
            load = ask_all(port, share, connections=connections)
            rows.append(_row(f"uvicorn alone, connections: {connections}", load))
    rows.append(_row("RQ alone, one process", enqueued(served.redis_url, count)))
    columns = ("", "a second", "median, ms", "99 %, ms", "answers by status")
    text = (
        f"{count} jobs of {SAMPLES} samples in each row, and no worker. uvicorn alone reads the "
        "same requests and answers 202. RQ alone enqueues a name and an id on the same broker: no "
        "HTTP, samples, list or limit. Where jobs are offered at a rate, the time of one begins "
        f"when it is due. The goal is {OFFERED:.0f} a second, 99 % of them within {GOAL_MS:.0f} ms."
    )
    return section("Submissions", f"{text}\n\n{table(columns, rows)}")


def enqueued(redis_url: str, count: int) -> Load:
    """What RQ takes in from one process."""
    queue = Queue("bench", connection=redis.Redis.from_url(redis_url), serializer=SERIALIZER)
    latencies = np.empty(count)
    began = time.perf_counter()
    for number in range(count):
        start = time.perf_counter()
        queue.enqueue(WAKE_TASK, f"job_{number:032d}")
        latencies[number] = time.perf_counter() - start
    return Load(time.perf_counter() - began, latencies, {})


def looked(port: int, job: str, count: int) -> dict[str, Load]:
    """What it takes to look at this and that, one request after the other."""
    return {
        name: ask_all(port, [request("GET", path.format(job=job))] * count, connections=1)
        for name, path in PLACES.items()
    }


def long_queue(short: dict[str, Load], long: dict[str, Load], waiting: int) -> str:
    """The same requests, with few and with many jobs in the queue."""
    rows = [
        [name, *(f"{load.percentile_ms(q):.1f}" for load in (short[name], long[name]) for q in (50, 99))]
        for name in PLACES
    ]
    columns = ("", "1 waits: median, ms", "99 %, ms", f"{waiting} wait: median, ms", "99 %, ms")
    return section("A long queue", table(columns, rows))


def large_batch(served: Serving, count: int) -> str:
    """How long it takes to accept many functions at once."""
    body = "\n".join(questions(count)).encode()
    began = time.perf_counter()
    batch = _posted(served, "/v1/batches", body, NDJSON)
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
        bare_s = _seconds(lambda: fit_many(asked[WARM_UP:], pool=pool, device="cpu"))
    progress(f"fit_many: {bare_s:.1f} s")
    with serving(parent, worker_processes=cores()) as served:
        _fitted(served, asked[:WARM_UP])
        began = time.perf_counter()
        met = _fitted(served, asked[WARM_UP:])
        served_s = time.perf_counter() - began
    progress(f"through HTTP: {served_s:.1f} s")
    rows = [
        ("fit_many, in one process", f"{bare_s:.1f}", f"{count / bare_s:.1f}", "1.00", ""),
        ("a batch through HTTP", f"{served_s:.1f}", f"{count / served_s:.1f}", f"{bare_s / served_s:.2f}", str(met)),
    ]
    text = (
        f"The {count} curves of many.py as one batch of NDJSON, from the request to the last line "
        f"of its results; {cores()} fits at the same time in both. The goal is 0.8 of fit_many."
    )
    columns = ("", "seconds", "fits/s", "of fit_many", "targets met")
    return section("A batch of fits", f"{text}\n\n{table(columns, rows)}")
