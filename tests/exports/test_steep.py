"""Slopes beyond the number format of a network: what cannot say them is refused, the rest holds."""

import io

import numpy as np
import onnxruntime
import pytest

from exports.c_source.fixed_network import fixed_network
from exports.c_source.fixed_table import fixed_table
from exports.c_source.float_network import float_network
from exports.forms import CChoice, network_file, table_file
from exports.onnx_file import to_onnx
from exports.subject import Subject
from schemas.errors import InvalidInput
from schemas.exports import Arithmetic, NetworkFormat, TableFormat
from schemas.network import Extrapolation
from schemas.options import FitOptions
from schemas.samples import canonical_samples
from schemas.target import Target
from tests.exports.test_c_source import wrong_values
from worker.artifacts import describe
from worker.numerics.fit import fit


@pytest.fixture(scope="module")
def steep():
    """``steep(how)``: of slopes about 1e60, in float32."""
    x = np.linspace(0.1, 1.0, 50)
    samples = canonical_samples(1e-30 * x, 1e30 * x**2)
    target, options = Target(tolerance=1e28), FitOptions(effort="quick")
    found = fit(samples, target, options)
    assert found.network.dtype == "float32"
    model = describe(found, samples, target, options, name="steep")
    return lambda how: Subject.of(model, found.network, found.table, samples, extrapolate=how)


@pytest.mark.parametrize("form", NetworkFormat)
def test_a_network_is_not_to_go_on_with_a_slope_it_cannot_say(steep, form):
    with pytest.raises(InvalidInput, match=r"extrapolate: cannot be linear: the slope \S+e\+\d+"):
        network_file(steep(Extrapolation.LINEAR), form, CChoice(), program=None)


@pytest.mark.parametrize("how", [Extrapolation.LINEAR, Extrapolation.CLAMP])
def test_a_table_is_not_to_be_float_with_slopes_it_cannot_say(steep, how):
    with pytest.raises(InvalidInput, match=r"arithmetic: cannot be float: a slope of \S+e\+\d+"):
        table_file(steep(how), TableFormat.C, CChoice())


@pytest.mark.parametrize("how", [Extrapolation.NETWORK, Extrapolation.CLAMP])
def test_without_such_a_slope_the_network_is_what_it_was(steep, compiler, how):
    subject = steep(how)
    assert wrong_values(compiler(float_network(subject, "curve")), "curve") == 0
    session = onnxruntime.InferenceSession(to_onnx(subject))
    y = session.run(None, {"x": subject.check.x.astype(np.float32)[:, None]})[0][:, 0]
    assert (np.abs(y.astype(float) - subject.check.y) <= subject.check.within).all()


@pytest.mark.parametrize("make", [fixed_network, fixed_table])
def test_integers_go_on_for_they_have_scales_of_their_own(steep, compiler, make):
    assert wrong_values(compiler(make(steep(Extrapolation.LINEAR), "curve")), "curve") == 0


def test_integers_are_not_refused(steep):
    subject, fixed = steep(Extrapolation.LINEAR), CChoice(arithmetic=Arithmetic.FIXED)
    assert network_file(subject, NetworkFormat.C, fixed, program=None).startswith(b"PK")
    assert table_file(subject, TableFormat.C, fixed).startswith(b"PK")


def test_rows_are_of_float64_and_hold_every_slope(steep):
    rows = np.load(io.BytesIO(table_file(steep(Extrapolation.LINEAR), TableFormat.NPY, CChoice())))
    assert rows["slope"].max() > np.finfo(np.float32).max
