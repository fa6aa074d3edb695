"""On a CPU nothing loads torch: what would, here, leaves a note and fails."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from schemas.jobs import JobStatus
from schemas.options import FitOptions
from schemas.samples import canonical_samples
from schemas.target import Target
from tests.jobs import queued
from tests.processes import end, start

ROOT = Path(__file__).parents[1]
CURVE = ROOT / "examples/curves/pump_efficiency.csv"
NO_TORCH = """
import os, sys
with open(os.environ["NOTES"], "a") as notes:
    print(sys.orig_argv, file=notes)
raise ImportError("torch is not wanted here")
"""
QUESTIONS = """
import sys
import numpy as np
from schemas.options import FitOptions
from schemas.samples import canonical_samples
from schemas.target import Target
from worker.numerics.fit import FitRequest, fit
from worker.numerics.many import fit_many

x = np.linspace(0.0, 1.0, 101)
curve = canonical_samples(x, np.sin(6 * x))
noise = canonical_samples(np.arange(3000.0), np.random.default_rng(0).normal(size=3000))
asked = (
    (curve, Target(tolerance=1e-3), FitOptions()),
    (curve, Target(metric="rmse"), FitOptions(max_parameters=31)),
    (noise, Target(tolerance=1e-3), FitOptions(effort="quick")),
)
"""
ALONE = "answers = [fit(*question) for question in asked]"
MANY = "answers = fit_many(FitRequest(*question) for question in asked)"
TOLD = "assert all(answer.met for answer in answers); print('torch' in sys.modules)"


@pytest.fixture
def environment(tmp_path):
    """Variables of processes that find no torch but ours, and no GPU."""
    (tmp_path / "torch.py").write_text(NO_TORCH)
    paths = (tmp_path, ROOT, ROOT / "client")
    return {
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "CUDA_VISIBLE_DEVICES": "",
        "FOLDLINE_WORKER_DEVICE": "auto",
        "NOTES": str(tmp_path / "notes"),
    }


@pytest.fixture
def run(environment):
    """``run(*arguments)`` is what Python prints, which nothing may load torch for."""

    def python(*arguments):
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert_not_loaded(environment)
        return done.stdout

    return python


def assert_not_loaded(environment):
    notes = Path(environment["NOTES"])
    assert not notes.exists(), notes.read_text()


@pytest.mark.parametrize("how", [ALONE, MANY])
def test_fits_leave_it_out_and_so_do_the_processes_of_a_pool(run, how):
    assert run("-c", "\n".join((QUESTIONS, how, TOLD))) == "False\n"


def test_the_command_line_leaves_it_out(run, tmp_path):
    out = tmp_path / "out"
    fitted = run(
        "-m", "cli.main", "fit", CURVE, "--tolerance", "0.01", "--relative-to", "range", "-o", out
    )
    assert "target met             yes" in fitted
    for form in ("onnx", "safetensors", "c"):
        run("-m", "cli.main", "export", out, "--format", form, "-o", tmp_path / form)


def test_a_worker_leaves_it_out(environment, storage_settings, stores, tmp_path, eventually):
    x = np.linspace(0.0, 1.0, 50)
    samples = canonical_samples(x, x**2)
    job_id = f"job_{secrets.token_hex(12)}"
    stores.artifacts.put_inputs({job_id: samples.to_npy()})
    job = queued(
        job_id, samples=samples.summary(), target=Target(tolerance=0.01), options=FitOptions()
    )
    stores.ledger.add([job])
    places = {
        "FOLDLINE_REDIS_URL": storage_settings.redis_url,
        "FOLDLINE_DATA_DIR": str(storage_settings.data_dir),
    }
    worker = start("worker", environment=environment | places, log=tmp_path / "log")
    try:
        eventually(lambda: stores.ledger.get(job_id).finished_at)
    finally:
        end(worker)
    assert stores.ledger.get(job_id).status is JobStatus.SUCCEEDED
    assert_not_loaded(environment)
