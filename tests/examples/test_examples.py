"""Every example runs as it is, and ends with what it promises."""

import os
import re
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pytest

from tests.waiting import HANGS_AFTER_S

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
OUTPUT = ROOT / "build/examples"
# Set up and start everything by itself; tests/test_end_to_end.py runs it.
DEMO = "demo"
MAX_LINES = 60


@pytest.fixture
def run(served):
    """Runs an example against the service; says what it printed."""

    def output(name):
        environment = os.environ | {
            "FOLDLINE_URL": served.url,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "client"), os.environ.get("PYTHONPATH", "")]),
        }
        done = subprocess.run(
            [sys.executable, EXAMPLES / f"{name}.py"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=HANGS_AFTER_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return output


def test_a_thermistor_becomes_c_for_a_microcontroller(run):
    printed = run("thermistor_to_c")
    error = float(re.search(r"max_abs_error_between_samples = (\S+)", printed)[1])
    assert error <= 0.1
    assert "wrong values: 0" in printed
    assert "int32_t thermistor(int16_t x);" in (OUTPUT / "thermistor/thermistor.h").read_text()


def test_gelu_becomes_onnx(run):
    printed = run("gelu_to_onnx")
    assert float(re.search(r"off by at most (\S+)", printed)[1]) <= 2e-3
    onnxruntime.InferenceSession(OUTPUT / "gelu.onnx")


def test_two_hundred_curves_go_as_one_batch(run):
    printed = run("batch_of_curves")
    assert "200 models" in printed
    counts = [int(text) for text in re.search(r"silu((?: +\d+)+)", printed)[1].split()]
    assert counts == sorted(counts)
    assert counts[0] > 0


def test_generators_are_dispatched_as_cheaply_as_promised(run):
    printed = run("economic_dispatch")
    powers = [float(text) for text in re.findall(r"(\S+) MW,", printed)]
    assert sum(powers) == pytest.approx(850.0, abs=0.05)
    cost = float(re.search(r"(\S+) \$/h; the best", printed)[1])
    assert 8234.0 <= cost <= 8234.07 + 6.0


def test_a_notebook_draws_what_it_fits(run):
    printed = run("notebook")
    assert printed.count("target met") == 4
    assert (OUTPUT / "pump.png").read_bytes().startswith(b"\x89PNG")


def test_every_example_is_short_and_tried_here():
    tried = Path(__file__).read_text()
    for path in EXAMPLES.glob("*.py"):
        if path.stem != DEMO:
            assert f'run("{path.stem}")' in tried
            assert len(path.read_text().splitlines()) < MAX_LINES, path
