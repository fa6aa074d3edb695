"""The picture of a fit."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest

from exports.plot import draw
from schemas.samples import canonical_samples
from schemas.table import BreakpointTable


def _table(x, y):
    slope = np.zeros(len(x))
    return BreakpointTable(x=list(x), y=list(y), slope=slope.tolist(), intercept=slope.tolist())


def _settings():
    # Reading the backend chooses one, whether or not anything is drawn.
    return {name: matplotlib.rcParams[name] for name in matplotlib.rcParams if name != "backend"}


@pytest.fixture
def fitted():
    x = np.linspace(0.0, 1.0, 50)
    knots = np.array([0.0, 0.02, 0.1, 0.3, 0.6, 1.0])
    return canonical_samples(x, np.sqrt(x)), _table(knots, np.sqrt(knots))


def test_a_picture_is_well_formed_and_stands_alone(fitted):
    text = draw(*fitted, tolerance=0.05)
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "<script" not in text
    assert "@import" not in text


def test_the_same_fit_gives_the_same_text_in_every_process(fitted):
    program = (
        "import numpy as np, hashlib, sys\n"
        "from schemas.samples import canonical_samples\n"
        "from schemas.table import BreakpointTable\n"
        "from exports.plot import draw\n"
        "x = np.linspace(0, 1, 50)\n"
        "table = BreakpointTable(x=[0., 1.], y=[0., 1.], slope=[1., 1.], intercept=[0., 0.])\n"
        "text = draw(canonical_samples(x, np.sqrt(x)), table, tolerance=0.1)\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "print(hashlib.sha256(text.encode()).hexdigest())\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        ).stdout
        for _ in range(2)
    }
    assert len(digests) == 1


def test_pictures_drawn_at_once_do_not_mix(fitted):
    alone = draw(*fitted, tolerance=0.05)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: draw(*fitted, tolerance=0.05), range(8)))
    assert set(together) == {alone}


def test_drawing_leaves_the_settings_of_the_process_as_they_were(fitted):
    before = _settings()
    draw(*fitted, tolerance=None)
    assert _settings() == before


def test_the_tolerance_is_drawn_when_there_is_one(fitted):
    with_lines, without = (draw(*fitted, tolerance=t) for t in (0.05, None))
    assert with_lines.count("stroke-dasharray") > without.count("stroke-dasharray")


def test_a_hundred_thousand_points_make_a_picture_of_bounded_size():
    x = np.linspace(0.0, 1.0, 100_000)
    noise = np.random.default_rng(0).normal(size=x.size)
    knots = np.linspace(0.0, 1.0, 30_000)
    text = draw(
        canonical_samples(x, np.sin(40 * x) + 1e-3 * noise),
        _table(knots, np.sin(40 * knots)),
        tolerance=0.01,
    )
    assert len(text) < 2_000_000


@pytest.mark.parametrize("tolerance", [None, 1e-3, 1e300, 5e-324])
@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([-1e100, 0.0, 1e100], [-1e100, 0.0, 1e100]),
        ([0.0, 1.0, 2.0], [1e100, -1e100, 1e100]),
        ([0.0, 1e-99, 2e-99], [0.0, 1e-310, 0.0]),
        ([0.0, 1e-99, 1.0], [0.0, 1e100, 0.0]),
        ([1e8, 1e8 + 1e-6], [1e15, 1e15 + 1]),
        ([0.0, 1.0], [0.0, 0.0]),
    ],
)
def test_extreme_samples_can_be_drawn(x, y, tolerance):
    samples = canonical_samples(x, y)
    ElementTree.fromstring(draw(samples, _table(x, y), tolerance=tolerance))
