"""Fitted models of real curves to export."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from exports.subject import Subject
from schemas.network import Dtype, Extrapolation, Layer, Network
from schemas.options import FitOptions
from schemas.samples import canonical_samples
from schemas.table import BreakpointTable
from schemas.target import TargetIn
from worker.artifacts import describe
from worker.numerics.fit import fit

CURVES = Path(__file__).parents[2] / "examples/curves"
# What each is there for: a tower, a shallow network, one in float64, one with a name for attackers.
MODELS = {
    "pump_efficiency": {},
    "graphite_ocp": {"architecture": "shallow"},
    "thermocouple_k": {"dtype": "float64"},
    "silu": {},
}
NAMES = {"silu": 'ends */ int main(void) { return 1; } /* "?\\?/ \\\n#error é'}
STRICT = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror")
ZIG = (sys.executable, "-m", "ziglang")
COMPILERS = {"gcc": ("gcc",), "clang": (*ZIG, "cc")}
OF_CPP = {"gcc": ("g++",), "clang": (*ZIG, "c++")}


@cache
def fitted(curve):
    """The model of a shipped curve, within a thousandth of its range, and its documents."""
    rows = np.genfromtxt(CURVES / f"{curve}.csv", delimiter=",", names=True)
    samples = canonical_samples(rows["x"], rows["y"])
    asked = TargetIn.model_validate({"tolerance": 1e-3, "relative_to": "range"})
    target = asked.stored_for(samples)
    options = FitOptions.model_validate({"effort": "quick", **MODELS[curve]})
    found = fit(samples, target, options)
    model = describe(found, samples, target, options, name=NAMES.get(curve, curve))
    return model, found.network, found.table, samples


@pytest.fixture(params=MODELS)
def curve(request):
    return request.param


@pytest.fixture(params=Extrapolation)
def extrapolate(request):
    return request.param


@pytest.fixture
def subject(curve, extrapolate):
    """Each model, with each extrapolation."""
    return Subject.of(*fitted(curve), extrapolate=extrapolate)


def put_down(code, directory):
    """Both files; returns the place of the source."""
    (directory / f"{code.name}.h").write_text(code.header)
    source = directory / f"{code.name}.c"
    source.write_text(code.source)
    return source


@pytest.fixture(params=COMPILERS)
def family(request):
    """Whose compilers are used."""
    return request.param


@pytest.fixture
def compiler(family, tmp_path):
    """Compiles C strictly to a library, and says where it is."""
    command = COMPILERS[family]

    def compiled(code, *options):
        source = put_down(code, tmp_path)
        library = tmp_path / f"{code.name}.so"
        flags = (*STRICT, "-O2", "-shared", "-fPIC", *options)
        subprocess.run([*command, *flags, source, "-o", library], check=True)
        return library

    return compiled


def straight_line():
    """A network without a hidden layer, and a model around it."""
    model, _, _, samples = fitted("silu")
    network = Network(layers=[Layer(weight=[[2.0]], bias=[1.0])], dtype=Dtype.FLOAT32)
    ends = [model.samples.x_min, model.samples.x_max]
    table = BreakpointTable(
        x=ends, y=[2 * x + 1 for x in ends], slope=[2.0, 2.0], intercept=[1.0, 1.0]
    )
    return Subject.of(model, network, table, samples, extrapolate=Extrapolation.LINEAR)


def subject_of(x, y, *, extrapolate):
    """A model that is just the function through these points."""
    model, _, _, _ = fitted("silu")
    slope = np.diff(y) / np.diff(x)
    slope = np.append(slope, slope[-1])
    table = BreakpointTable(
        x=x.tolist(), y=y.tolist(), slope=slope.tolist(), intercept=(y - slope * x).tolist()
    )
    bends = np.diff(slope[:-1], prepend=0.0)
    network = Network(
        layers=[
            Layer(weight=[[1.0]] * len(bends), bias=(-x[:-1]).tolist()),
            Layer(weight=[bends.tolist()], bias=[float(y[0])]),
        ],
        dtype=Dtype.FLOAT64,
    )
    span = model.samples.model_copy(update={"x_min": float(x[0]), "x_max": float(x[-1])})
    model = model.model_copy(update={"samples": span})
    samples = canonical_samples(x, y)
    return Subject.of(model, network, table, samples, extrapolate=extrapolate)
