"""Exported C elsewhere: called from C++, under the names of models, on machines that round less."""

import ctypes
import platform
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from exports.c_source.c_words import may_be_called
from exports.c_source.fixed_network import fixed_network
from exports.c_source.fixed_table import fixed_table
from exports.c_source.float_network import float_network, sequential
from exports.c_source.float_table import float_table
from exports.forms import function_name
from exports.self_check import rounding_bound
from exports.subject import Subject
from schemas.network import Extrapolation
from tests.exports.conftest import COMPILERS, OF_CPP, STRICT, fitted, put_down, straight_line
from tests.exports.test_c_source import FLOAT, TYPES, around, function, wrong_values

STRICT_CPP = ("-std=c++98", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror")
# What compilers take unless they are told otherwise: there they know more names.
USUAL = ("-Wall", "-Wextra", "-Werror")
CALLER = """\
#include "curve.h"

extern "C" int called(void);

int called(void)
{
    return curve(0) == curve(0) ? curve_check() : -1;
}
"""


@pytest.fixture
def cpp(family):
    """The command of the C++ compiler."""
    command = OF_CPP[family]
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]} here")
    return command


@pytest.mark.parametrize("make", [float_network, float_table, fixed_network, fixed_table])
@pytest.mark.parametrize("curve", ["pump_efficiency", "thermocouple_k"])
def test_the_function_can_be_called_from_cpp(make, curve, family, cpp, tmp_path):
    subject = Subject.of(*fitted(curve), extrapolate=Extrapolation.LINEAR)
    source, caller = put_down(make(subject, "curve"), tmp_path), tmp_path / "caller.cpp"
    caller.write_text(CALLER)
    c, library = COMPILERS[family], tmp_path / "called.so"
    for command in (
        (*c, *STRICT, "-fPIC", "-c", source, "-o", tmp_path / "curve.o"),
        (*cpp, *STRICT_CPP, "-fPIC", "-c", caller, "-o", tmp_path / "caller.o"),
        (*c, "-shared", tmp_path / "curve.o", tmp_path / "caller.o", "-o", library),
    ):
        subprocess.run(command, check=True)
    assert ctypes.CDLL(str(library)).called() == 0


def named(name):
    """A small model of this name."""
    line = straight_line()
    model = line.model.model_copy(update={"name": name})
    return Subject.of(
        model, line.network, line.table, line.samples, extrapolate=Extrapolation.LINEAR
    )


NAMES = [
    *(None, "", " ", "_", "__init__", "42", "2nd stage", "NTC 10k", "a/b\\c", "ends */ /*"),
    *("Öltemperatur", "температура", "温度", "e\u0301tat", "\u202eright to left", "🌡️ °C"),
    *("Int", "restrict", "_Bool", "bool", "typeof_unqual", "class", "New", "co_await", "main"),
    *("char8_t", "std", "errno", "NULL", "linux", "unix", "i386", "AVR"),
    *("exp2", "isnan", "Finite", "roundeven", "fmaf32x", "lgamma_r", "scalb", "clog10f", "gamma"),
    *("iswalpha", "fegetround", "stpcpy", "strnlen", "execv", "gettext", "ffsll", "puts_unlocked"),
    *("stdint", "stddef", "limits", "complex", "math", "poll", "accept"),
    *("x", "y", "weight", "weight_1", "int32_t", "scaled", "layer", "relu_check"),
    *("n" * 500, "sin " * 100, "curve" + 30 * "_"),
]


@pytest.mark.parametrize("make", [float_table, fixed_network])
def test_code_called_after_any_model_compiles_as_c_and_in_cpp(make, family, cpp, tmp_path):
    called = {}
    for name in NAMES:
        subject = named(name)
        called.setdefault(function_name(subject), subject)
    sources = [put_down(make(subject, name), tmp_path) for name, subject in called.items()]
    # Headers may stand anywhere on the way to those of the library.
    options = ("-I", tmp_path, "-c")
    subprocess.run([*COMPILERS[family], *USUAL, *options, *sources], check=True, cwd=tmp_path)
    every = tmp_path / "every.cpp"
    every.write_text("".join(f'#include "{source.stem}.h"\n' for source in sources))
    subprocess.run([*cpp, *USUAL, *options, every], check=True, cwd=tmp_path)


@pytest.mark.parametrize("name", ["INT32_MAX", "INT64_C", "SIZE_MAX", "_x", "a-b", "é", "a" * 25])
def test_a_name_that_is_given_may_not_be_a_macro_or_no_name(name):
    assert not may_be_called(name)


def fused(family):
    """Options by which products are fused with sums."""
    if platform.machine() in ("aarch64", "arm64"):
        return ("-ffp-contract=fast",)
    flags = Path("/proc/cpuinfo")
    if not flags.exists() or " fma " not in flags.read_text():
        pytest.skip("this machine fuses nothing")
    return ("-mfma", "-ffp-contract=fast")


def wide(family):
    """Options by which sums are of 80 bits."""
    if platform.machine() != "x86_64":
        pytest.skip("only x86 has registers of 80 bits")
    if family == "clang":
        pytest.skip("clang leaves those registers alone in programs of 64 bits")
    return ("-mfpmath=387", "-fexcess-precision=fast")


@pytest.mark.parametrize("options", [fused, wide])
@pytest.mark.parametrize(("make", "extrapolate"), FLOAT)
def test_a_machine_that_rounds_less_is_off_by_rounding_only(
    subject, make, family, compiler, options
):
    kind = TYPES[subject.network.dtype]
    code = make(subject, "curve")
    library = compiler(code, *options(family))
    assert wrong_values(library, "curve") == 0
    compute = function(library, "curve", kind, kind)
    off = np.abs(compute(subject.samples.x).astype(float) - subject.samples.y).max()
    eps = np.finfo(subject.network.dtype.value).eps
    if make is float_table:
        last_bits = 4 * eps * (np.abs(subject.table.y).max() + np.abs(subject.samples.y).max())
    else:
        x = around(subject)
        # Twice: neither order of rounding is the exact one.
        last_bits = 2 * rounding_bound(subject.network, x)
        apart = compute(x).astype(float) - sequential(subject.network, x)
        assert (np.abs(apart) <= last_bits).all()
    assert off <= code.certificate["max_abs_error"] + np.max(last_bits)
