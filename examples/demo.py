"""Start Foldline, have it fit one curve, and show what comes back.

    python examples/demo.py

The question: a network for a pump's efficiency curve that is off by at most one thousandth of the
range. The answers go to build/demo.
"""

import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from cli.summary import summary
from schemas.models import Model

ROOT = Path(__file__).parents[1]
CURVE = ROOT / "examples/curves/pump_efficiency.csv"
OUTPUT = ROOT / "build/demo"
TOLERANCE = 1e-3  # of the range of y
POLL_S = 0.2


def main() -> None:
    """Ask, wait, show; exit with 1 if the target is not met."""
    # Asked to leave, it leaves as on Ctrl-C: through the blocks that stop the server.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with running_foldline(OUTPUT / "data") as url, httpx.Client(base_url=url, timeout=30) as api:
        print(f"Foldline runs at {url} until this has ended")
        job = wait(api, ask(api, CURVE))
        if job["status"] != "succeeded":
            sys.exit(f"The job has {job['status']}: {job['problem']['detail']}")
        model = checked(api.get(job["links"]["model"])).json()
        print(textwrap.indent(summary(Model.model_validate(model)), "  "))
        save(api, model)
    if not model["met"]:
        sys.exit("The target is not met.")


@contextmanager
def running_foldline(data_dir: Path) -> Iterator[str]:
    """Foldline on a free port, stopped at the end of the block."""
    # A question that was answered before would not be fitted again.
    shutil.rmtree(data_dir, ignore_errors=True)
    data_dir.mkdir(parents=True)
    command = [sys.executable, "-m", "cli.main", "serve", "--port", "0"]
    log = data_dir.parent / "serve.log"
    print(f"Starting Foldline (its log: {shown(log)}) ...")
    with log.open("w") as errors:
        server = subprocess.Popen(
            [*command, "--data-dir", str(data_dir)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            # Ctrl-C is for this script, which then stops the server.
            start_new_session=True,
        )
    try:
        yield address(server, log)
    finally:
        server.terminate()
        server.wait()


def address(server: subprocess.Popen[str], log: Path) -> str:
    """The address that the server prints once it is ready."""
    assert server.stdout is not None
    for line in server.stdout:
        if found := re.search(r"http://\S+", line):
            return found[0]
    sys.exit(f"Foldline did not start:\n{log.read_text()}")


def ask(api: httpx.Client, curve: Path) -> dict[str, Any]:
    """Submit the curve; the answer is a job."""
    with curve.open() as file:
        rows = list(csv.DictReader(file))
    x, y = ([float(row[name]) for row in rows] for name in ("x", "y"))
    print(f"Question: {curve.name}, {len(x)} points, max_abs at most {TOLERANCE:g} of the range")
    question = {
        "name": curve.stem,
        "samples": {"x": x, "y": y},
        "target": {"metric": "max_abs", "tolerance": TOLERANCE, "relative_to": "range"},
    }
    return dict(checked(api.post("/v1/jobs", json=question)).json())


def wait(api: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    """Follow the job to its end, on a terminal with a line that shows how far it is."""
    while job["status"] in ("queued", "running"):
        progress = job["progress"]
        error = "" if progress["error"] is None else f"error so far {progress['error']:.3g}"
        line = f"  {job['phase'] or job['status']:<12} {progress['fraction']:4.0%}  {error}"
        if sys.stdout.isatty():
            print(f"\r{line:<60}", end="", flush=True)
        time.sleep(POLL_S)
        job = checked(api.get(job["links"]["self"])).json()
    if sys.stdout.isatty():
        print(f"\r{'':<60}\r", end="")
    return job


def save(api: httpx.Client, model: dict[str, Any]) -> None:
    """Write the model, its network, its breakpoint table and its plot."""
    base = f"/v1/models/{model['id']}"
    sources = {
        "manifest.json": base,
        "network.json": f"{base}/network",
        "breakpoints.csv": f"{base}/breakpoints?format=csv",
        "plot.svg": f"{base}/plot.svg",
    }
    for name, source in sources.items():
        (OUTPUT / name).write_bytes(checked(api.get(source)).content)
        print(shown(OUTPUT / name))
    program, data = Path(sys.executable).with_name("foldline"), OUTPUT / "data"
    print(f"To see it in a browser: {shown(program)} serve --data-dir {shown(data)}")
    print(f"then http://127.0.0.1:8000/#/models/{model['id']}")


def checked(response: httpx.Response) -> httpx.Response:
    """The answer, unless it is an error: then its own words, and the end."""
    if response.is_error:
        sys.exit(f"{response.request.method} {response.request.url}: {response.text}")
    return response


def shown(path: Path) -> str:
    """A path as it is shortest from here."""
    return os.path.relpath(path)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
