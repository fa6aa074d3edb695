"""Jobs to be done, and real worker processes to do them."""

import contextlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from schemas.options import FitOptions
from schemas.samples import canonical_samples
from schemas.target import Target
from storage.connection import connect
from storage.settings import StorageSettings, Stores
from storage.wake_ups import WakeUps
from tests.jobs import queued

ROOT = Path(__file__).parents[2]
STAND_IN = Path(__file__).parent / "stand_in.py"
FOR_EVER_S = 1e6
PROCESSES = 2
# The dead are silent for good: this short, they are found soon.
SOON_S = 2.0


@pytest.fixture
def wake_ups(storage_settings: StorageSettings) -> WakeUps:
    """What wakes workers up, empty."""
    return WakeUps(connect(storage_settings.redis_url))


@pytest.fixture
def record(stores: Stores) -> Callable[..., str]:
    """``record(seed)`` accepts a job and wakes nobody; the seed tells the stand-in engine."""

    def add(seed: int = 0) -> str:
        x = np.linspace(0.0, 1.0, 50)
        samples = canonical_samples(x, x**2)
        job_id = f"job_{time.time_ns():016x}{secrets.token_hex(4)}"
        stores.artifacts.put_inputs({job_id: samples.to_npy()})
        record = queued(
            job_id,
            samples=samples.summary(),
            target=Target(tolerance=0.01),
            options=FitOptions(seed=seed),
        )
        stores.ledger.add([record])
        return job_id

    return add


@pytest.fixture
def submit(record: Callable[..., str], wake_ups: WakeUps) -> Callable[..., str]:
    """``submit(seed)`` accepts a job and wakes a worker."""

    def add(seed: int = 0) -> str:
        job_id = record(seed)
        wake_ups.send()
        return job_id

    return add


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A file that does not exist yet: the stand-in engine waits for it.

    Or for one whose name has the seed of the question after a dot.
    """
    return tmp_path / "gate"


@pytest.fixture
def start_worker(
    storage_settings: StorageSettings, stores: Stores, gate: Path
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """``start_worker(name)`` starts a worker process; those left are killed at the end.

    ``log`` is a file for what it writes to standard error, ``data_dir`` its store if that is to be
    another than the service's, ``grace_s`` how long what it has begun
    may take when it is asked to leave, and ``lost_after_s`` how long others may be silent before it
    takes them for dead: for ever, unless there are dead ones to be found. However slow a machine
    is, nobody then takes the jobs of the living.
    """
    started: list[subprocess.Popen[bytes]] = []

    def start(
        name: str,
        *,
        real: bool = False,
        device: str = "cpu",
        log: Path | None = None,
        data_dir: Path | None = None,
        grace_s: float = 1.0,
        lost_after_s: float = FOR_EVER_S,
    ) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "FOLDLINE_REDIS_URL": storage_settings.redis_url,
            "FOLDLINE_DATA_DIR": str(data_dir or storage_settings.data_dir),
            "FOLDLINE_WORKER_NAME": name,
            "FOLDLINE_WORKER_BEAT_S": "0.2",
            "FOLDLINE_WORKER_LOST_AFTER_S": str(lost_after_s),
            "FOLDLINE_WORKER_GRACE_S": str(grace_s),
            "FOLDLINE_WORKER_PROCESSES": str(PROCESSES),
            "FOLDLINE_WORKER_SWEEP_S": "1",
            "FOLDLINE_WORKER_DEVICE": device,
            "GATE": str(gate),
        }
        command = ["-m", "worker"] if real else [str(STAND_IN)]
        with contextlib.nullcontext() if log is None else log.open("wb") as errors:
            started.append(
                subprocess.Popen(
                    [sys.executable, *command], env=environment, cwd=ROOT, stderr=errors
                )
            )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
