"""Exported C: compiled as strictly as compilers can, it computes what is certified of it."""

import ctypes
import io
import zipfile

import numpy as np
import pytest

from exports.c_source.fixed_network import fixed_network
from exports.c_source.fixed_point import Grid
from exports.c_source.fixed_table import fixed_table
from exports.c_source.float_network import float_network, sequential
from exports.c_source.float_table import float_table
from exports.subject import Subject
from schemas.errors import InvalidInput
from schemas.network import Dtype, Extrapolation, evaluate
from schemas.samples import canonical_samples
from schemas.table import BreakpointTable
from tests.exports.conftest import fitted, straight_line, subject_of

# A table knows nothing of what the network does outside its rows.
ROWS = (Extrapolation.LINEAR, Extrapolation.CLAMP)
FLOAT = [(float_network, how) for how in Extrapolation] + [(float_table, how) for how in ROWS]
FIXED = [(fixed_network, how) for how in Extrapolation] + [(fixed_table, how) for how in ROWS]
TYPES = {Dtype.FLOAT32: ctypes.c_float, Dtype.FLOAT64: ctypes.c_double}
BITWISE = "-ffp-contract=off"


def function(library, name, argument, result):
    """A function of a compiled library, over arrays."""
    found = getattr(ctypes.CDLL(str(library)), name)
    found.argtypes, found.restype = [argument], result
    return lambda x: np.array([found(value) for value in x.tolist()], dtype=result)


def wrong_values(library, name):
    """What the library's own check says."""
    return getattr(ctypes.CDLL(str(library)), f"{name}_check")()


def around(subject):
    """Numbers in and around the interval, in the network's dtype."""
    span = subject.model.samples
    length = span.x_max - span.x_min
    x = np.linspace(span.x_min - length / 3, span.x_max + length / 3, 4001)
    return np.concatenate([x, subject.samples.x]).astype(subject.network.dtype.value)


@pytest.mark.parametrize(("make", "extrapolate"), FLOAT + FIXED)
def test_its_own_check_finds_nothing_wrong(subject, compiler, make):
    code = make(subject, "curve")
    assert wrong_values(compiler(code), "curve") == 0


def test_its_own_check_finds_a_wrong_weight(compiler):
    code = float_network(
        Subject.of(*fitted("pump_efficiency"), extrapolate=Extrapolation.NETWORK), "curve"
    )
    start = code.source.index("weight_2")
    place = code.source.index("{\n    ", start) + 6
    spoilt = code.source[:place] + "1.5f + " + code.source[place:]
    broken = type(code)(code.name, code.header, spoilt, code.certificate)
    assert wrong_values(compiler(broken), "curve") > 0


def test_the_float_network_is_what_was_certified_bit_by_bit(subject, compiler):
    kind = TYPES[subject.network.dtype]
    code = float_network(subject, "curve")
    compute = function(compiler(code, BITWISE), "curve", kind, kind)
    x = around(subject)
    np.testing.assert_array_equal(compute(x), sequential(subject.network, x))
    off = np.abs(compute(subject.samples.x).astype(float) - subject.samples.y).max()
    assert off == code.certificate["max_abs_error"]
    assert off <= subject.model.certificate.max_abs_error


@pytest.mark.parametrize(("make", "extrapolate"), FLOAT)
def test_float_code_keeps_the_target_at_the_samples(subject, compiler, make):
    kind = TYPES[subject.network.dtype]
    code = make(subject, "curve")
    compute = function(compiler(code, BITWISE), "curve", kind, kind)
    off = np.abs(compute(subject.samples.x).astype(float) - subject.samples.y).max()
    assert off == code.certificate["max_abs_error"]
    assert off <= subject.model.target.limit(subject.samples)
    assert "This code keeps it at the samples." in code.header


def test_float_code_that_rounding_takes_too_far_says_so():
    model, network, table, samples = fitted("pump_efficiency")
    target = model.target.model_copy(update={"tolerance": 1e-9})
    strict = model.model_copy(update={"target": target})
    subject = Subject.of(strict, network, table, samples, extrapolate=Extrapolation.LINEAR)
    assert "This code does NOT keep it" in float_table(subject, "curve").header


@pytest.mark.parametrize(("make", "extrapolate"), FLOAT)
def test_float_code_agrees_with_the_network_outside_the_interval_too(subject, compiler, make):
    kind = TYPES[subject.network.dtype]
    compute = function(compiler(make(subject, "curve")), "curve", kind, kind)
    x = around(subject)
    expected = evaluate(subject.network, x).astype(float)
    # The certified deviation of the table, and float32 on top.
    np.testing.assert_allclose(compute(x), expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())
    assert np.isnan(compute(np.array([np.nan]))[0])


@pytest.mark.parametrize(("make", "extrapolate"), FIXED)
def test_the_certificate_of_fixed_point_holds_for_every_input(subject, compiler, make):
    code = make(subject, "curve")
    grid = Grid.of(subject)
    compute = function(compiler(code), "curve", ctypes.c_int16, ctypes.c_int32)
    y_bits = int(code.header.split("_Y_BITS (")[1].split(")")[0])
    x = grid.x(grid.inputs)
    y = np.ldexp(compute(grid.inputs).astype(float), -y_bits)
    real = subject.network.model_copy(update={"dtype": Dtype.FLOAT64})
    off = np.abs(y - evaluate(real, x)).max()
    assert off == code.certificate["max_abs_deviation_from_network"]
    # It is of no use if it is worse than what it computes.
    assert off < 0.01 * subject.model.target.limit(subject.samples)
    interpolated = np.interp(x, subject.samples.x, subject.samples.y)
    assert np.abs(y - interpolated).max() == code.certificate["max_abs_error_between_samples"]


def check_outside(subject, make, compiler):
    """Whether code in fixed point goes on or stays outside the interval as it is to."""
    code = make(subject, "curve")
    grid = Grid.of(subject)
    compute = function(compiler(code), "curve", ctypes.c_int16, ctypes.c_int32)
    y_bits = int(code.header.split("_Y_BITS (")[1].split(")")[0])
    every = np.arange(-(2**15), 2**15)
    y = np.ldexp(compute(every).astype(float), -y_bits)
    if subject.extrapolate is Extrapolation.CLAMP:
        assert set(y[every < grid.low]) <= {y[grid.low + 2**15]}
        assert set(y[every > grid.high]) <= {y[grid.high + 2**15]}
        return
    real = subject.network.model_copy(update={"dtype": Dtype.FLOAT64})
    # What does not fit is the largest that does.
    most = np.ldexp(2.0**31 - 1, -y_bits)
    expected = evaluate(real, grid.x(every)).clip(-most, most)
    # Rounded slopes go further astray the further they go.
    np.testing.assert_allclose(y, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize(("make", "extrapolate"), FIXED)
def test_fixed_point_goes_on_or_stays_outside_the_interval(subject, compiler, make):
    check_outside(subject, make, compiler)


@pytest.mark.parametrize("make", [fixed_network, fixed_table])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_fixed_point_goes_on_from_the_top_to_the_bottom_of_what_it_can_say(make, side, compiler):
    x, y = side * np.array([0.0, 0.99, 1.0]), np.array([0.0, 0.99, 0.92])
    order = np.argsort(x)
    subject = subject_of(x[order], y[order], extrapolate=Extrapolation.LINEAR)
    check_outside(subject, make, compiler)


@pytest.mark.parametrize("make", [float_network, float_table, fixed_network, fixed_table])
def test_a_straight_line_is_code_too(compiler, make):
    assert wrong_values(compiler(make(straight_line(), "line")), "line") == 0


@pytest.mark.parametrize("extrapolate", [Extrapolation.LINEAR, Extrapolation.CLAMP])
def test_evenly_spaced_knots_are_not_searched_for(compiler, extrapolate):
    x = np.linspace(-1.0, 3.0, 33)
    y = np.sin(x)
    slope = np.append(np.diff(y) / np.diff(x), np.diff(y)[-1] / np.diff(x)[-1])
    table = BreakpointTable(
        x=x.tolist(), y=y.tolist(), slope=slope.tolist(), intercept=(y - slope * x).tolist()
    )
    model, network, _, _ = fitted("silu")
    span = model.samples.model_copy(update={"x_min": -1.0, "x_max": 3.0})
    subject = Subject.of(
        model.model_copy(update={"samples": span}),
        network,
        table,
        canonical_samples(x, y),
        extrapolate=extrapolate,
    )
    code = float_table(subject, "wave")
    assert "middle" not in code.source
    compute = function(compiler(code), "wave", ctypes.c_float, ctypes.c_float)
    points = np.linspace(-1.0, 3.0, 5001)
    np.testing.assert_allclose(compute(points), np.interp(points, x, y), atol=1e-6)
    outside = compute(np.array([-2.0, 5.0]))
    expected = [y[0], y[-1]] if extrapolate == "clamp" else [y[0] - slope[0], y[-1] + 2 * slope[-1]]
    np.testing.assert_allclose(outside, expected, atol=1e-5)


def test_an_interval_without_16_bit_numbers_is_refused():
    model, network, table, samples = fitted("silu")
    far = model.samples.model_copy(update={"x_min": 1e6, "x_max": 1e6 + 1})
    subject = Subject.of(
        model.model_copy(update={"samples": far}),
        network,
        table,
        samples,
        extrapolate=Extrapolation.CLAMP,
    )
    with pytest.raises(InvalidInput, match=r"arithmetic: .* leave no two"):
        fixed_table(subject, "curve")


def test_two_exports_are_the_same_file_and_it_holds_both_parts():
    first, second = (
        float_table(Subject.of(*fitted("silu"), extrapolate=Extrapolation.LINEAR), "gate").archive()
        for _ in range(2)
    )
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.namelist() == ["gate.h", "gate.c"]
        assert b"max_abs_error = " in archive.read("gate.h")
