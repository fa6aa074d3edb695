"""Jobs to be done, and real worker processes to do them."""

import contextlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from schemas.batches import BatchCounts, BatchRecord, item_id
from schemas.jobs import InputPlace
from schemas.options import FitOptions
from schemas.samples import canonical_samples
from schemas.target import Target
from storage.keys import DEFAULT_TENANT
from storage.settings import StorageSettings, Stores
from tests.jobs import queued

ROOT = Path(__file__).parents[2]
FOR_EVER_S = 1_000_000
PROCESSES = 2
# The dead are silent for good: this short, they are found soon.
SOON_S = 3


@pytest.fixture
def submit(stores: Stores) -> Callable[..., str]:
    """``submit(seed)`` accepts a job; the seed tells the stand-in engine."""

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
def submit_batch(stores: Stores) -> Callable[[Sequence[int]], list[str]]:
    """``submit_batch(seeds)`` accepts a batch of different questions; the ids of its jobs."""

    def add(seeds: Sequence[int]) -> list[str]:
        batch_id = f"batch_{time.time_ns():016x}{secrets.token_hex(4)}"
        x = np.linspace(0.0, 1.0, 50)
        records, content = [], bytearray()
        for index, seed in enumerate(seeds):
            samples = canonical_samples(x, x**2 + index)
            npy = samples.to_npy()
            place = InputPlace(name=f"{batch_id}.0", offset=len(content), length=len(npy))
            content += npy
            records.append(
                queued(
                    item_id(batch_id, index),
                    samples=samples.summary(),
                    target=Target(tolerance=0.01),
                    options=FitOptions(seed=seed),
                    input=place,
                    batch_id=batch_id,
                    index=index,
                )
            )
        stores.artifacts.put_inputs({f"{batch_id}.0": bytes(content)})
        stores.batches.write(batch_id, records, [])
        batch = BatchRecord(
            id=batch_id,
            tenant=DEFAULT_TENANT,
            counts=BatchCounts(total=len(seeds), refused=0),
            created_at=records[0].created_at,
        )
        stores.batches.accept(batch, max_waiting=10_000)
        return [record.id for record in records]

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
    another than the service's, ``grace_s`` how long what it has begun may take when it is asked to
    leave, and ``lost_after_s`` how long it may be silent before others take it for dead: for ever,
    unless it is to be found dead. However slow a machine is, nobody then takes the jobs of the
    living.
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
        lost_after_s: int = FOR_EVER_S,
    ) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "FOLDLINE_REDIS_URL": storage_settings.redis_url,
            "FOLDLINE_DATA_DIR": str(data_dir or storage_settings.data_dir),
            "FOLDLINE_WORKER_NAME": name,
            "FOLDLINE_WORKER_LOST_AFTER_S": str(lost_after_s),
            "FOLDLINE_WORKER_GRACE_S": str(grace_s),
            "FOLDLINE_WORKER_PROCESSES": str(PROCESSES),
            "FOLDLINE_WORKER_SWEEP_S": "1",
            "FOLDLINE_WORKER_DEVICE": device,
            "GATE": str(gate),
        }
        command = ["-m", "worker" if real else "tests.worker.stand_in"]
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
