"""Exported weights and programs, as torch reads them."""

import json
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch

from exports.safetensors_file import to_safetensors
from exports.self_check import rounding_bound
from exports.subject import Subject
from schemas.network import Extrapolation, evaluate
from tests.exports.conftest import fitted
from worker.torch_network import exported, sequential

# A process that has nothing of ours, not even the path to it.
STRANGER = """
import json, sys, torch
extra = {"foldline.json": ""}
program = torch.export.load(sys.argv[1], extra_files=extra)
check = json.loads(json.loads(extra["foldline.json"])["foldline.check"])
x = torch.tensor(check["x"], dtype=getattr(torch, sys.argv[2]))[:, None]
y = program.module()(x)[:, 0]
assert not any(name in sys.modules for name in ("schemas", "exports", "worker"))
wrong = [i for i in range(16) if not abs(y[i].item() - check["y"][i]) <= check["within"][i]]
sys.exit(f"wrong: {wrong}" if wrong else 0)
"""


def points(subject):
    span = subject.model.samples
    length = span.x_max - span.x_min
    x = np.linspace(span.x_min - length, span.x_max + length, 2001)
    return x.astype(subject.network.dtype.value)


def test_the_module_computes_the_network_within_rounding(subject):
    x = points(subject)
    y = sequential(subject.network)(torch.from_numpy(x[:, None]))[:, 0].numpy()
    off = np.abs(y.astype(float) - evaluate(subject.network, x).astype(float))
    assert (off <= 2 * rounding_bound(subject.network, x)).all()


def test_safetensors_fit_into_the_layers_that_anybody_would_build(curve):
    subject = Subject.of(*fitted(curve), extrapolate=Extrapolation.NETWORK)
    tensors = safetensors.torch.load(to_safetensors(subject))
    widths = subject.model.architecture.layer_widths
    dtype = getattr(torch, subject.network.dtype.value)
    layers = []
    for inputs, outputs in pairwise(widths):
        layers += [torch.nn.Linear(inputs, outputs, dtype=dtype), torch.nn.ReLU()]
    module = torch.nn.Sequential(*layers[:-1])
    module.load_state_dict(tensors, strict=True)
    x = points(subject)
    y = module(torch.from_numpy(x[:, None]))[:, 0].detach().numpy()
    np.testing.assert_array_equal(
        y, sequential(subject.network)(torch.from_numpy(x[:, None]))[:, 0].numpy()
    )


def test_safetensors_say_what_to_do_outside(subject, tmp_path):
    file = tmp_path / "model.safetensors"
    file.write_bytes(to_safetensors(subject))
    with safetensors.safe_open(file, "np") as opened:
        facts = opened.metadata()
    assert facts["foldline.extrapolate"] == subject.extrapolate
    outside = json.loads(facts["foldline.outside"])
    expected = subject.network.outside
    assert outside == (None if expected is None else expected.model_dump())
    assert len(json.loads(facts["foldline.check"])["y"]) == 16


@pytest.mark.parametrize("extrapolate", Extrapolation)
def test_a_program_runs_where_nothing_of_ours_is(extrapolate, tmp_path):
    subject = Subject.of(*fitted("pump_efficiency"), extrapolate=extrapolate)
    file = tmp_path / "model.pt2"
    file.write_bytes(exported(subject.network, subject.facts()))
    command = [sys.executable, "-I", "-c", STRANGER, file, subject.network.dtype.value]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
