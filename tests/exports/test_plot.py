"""The picture of a fit."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest

from exports.plot import draw
from exports.themes import PALETTES
from exports.words import words_of
from schemas.exports import Theme
from schemas.samples import canonical_samples
from schemas.table import BreakpointTable
from schemas.target import Target
from tests.exports.conftest import fitted

SVG = "{http://www.w3.org/2000/svg}"
PROGRAM = """
import hashlib, sys
from exports.plot import draw
from schemas.exports import Theme
from tests.exports.conftest import fitted
model, _, table, samples = fitted("pump_efficiency")
text = draw(model, samples, table, Theme.DARK)
assert "matplotlib.pyplot" not in sys.modules
print(hashlib.sha256(text.encode()).hexdigest())
"""


def _table(x, y):
    slope = np.zeros(len(x))
    return BreakpointTable(x=list(x), y=list(y), slope=slope.tolist(), intercept=slope.tolist())


def _settings():
    # Reading the backend chooses one, whether or not anything is drawn.
    return {name: matplotlib.rcParams[name] for name in matplotlib.rcParams if name != "backend"}


def _drawn(model, _, table, samples, theme=Theme.LIGHT, **changed):
    return draw(model.model_copy(update=changed), samples, table, theme)


@pytest.fixture(scope="module")
def pump():
    return fitted("pump_efficiency")


@pytest.mark.parametrize("theme", Theme)
def test_a_picture_is_well_formed_and_stands_alone(pump, theme):
    text = _drawn(*pump, theme)
    assert ElementTree.fromstring(text).tag == f"{SVG}svg"
    assert "<script" not in text
    assert "@import" not in text


@pytest.mark.parametrize("theme", Theme)
def test_a_picture_has_the_colours_of_its_theme_and_no_others(pump, theme):
    palette = PALETTES[theme]
    found = set(re.findall(r"(?:fill|stroke): (?!none)([^;\"]+)", _drawn(*pump, theme)))
    assert found == set(vars(palette).values())


@pytest.mark.parametrize("name", [None, "pump", '</title><script>"&$\\bad$]]>', "a\x00\x0b\ufffeb"])
def test_a_picture_is_one_image_to_readers_of_screens_with_its_words(pump, name):
    root = ElementTree.fromstring(_drawn(*pump, name=name))
    assert root.get("role") == "img"
    title, description = root[0], root[1]
    assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc")
    assert root.get("aria-labelledby").split() == [title.get("id"), description.get("id")]
    words = words_of(pump[0].model_copy(update={"name": name}))
    assert title.text == re.sub("[\x00\x0b\ufffe]", "\ufffd", words.title)
    assert description.text == words.description


def test_the_same_fit_gives_the_same_text_in_every_process():
    digests = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True
        ).stdout
        for _ in range(2)
    }
    assert len(digests) == 1


def test_pictures_drawn_at_once_do_not_mix(pump):
    themes = [*Theme] * 4
    alone = [_drawn(*pump, theme) for theme in Theme]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda theme: _drawn(*pump, theme), themes))
    assert together == alone * 4


def test_drawing_leaves_the_settings_of_the_process_as_they_were(pump):
    before = _settings()
    _drawn(*pump)
    assert _settings() == before


def test_the_tolerance_is_drawn_when_there_is_one(pump):
    with_lines, without = (_drawn(*pump, target=Target(tolerance=t)) for t in (0.05, None))
    assert with_lines.count("stroke-dasharray") > without.count("stroke-dasharray")


def test_a_hundred_thousand_points_make_a_picture_of_bounded_size(pump):
    x = np.linspace(0.0, 1.0, 100_000)
    noise = np.random.default_rng(0).normal(size=x.size)
    knots = np.linspace(0.0, 1.0, 30_000)
    samples = canonical_samples(x, np.sin(40 * x) + 1e-3 * noise)
    text = draw(pump[0], samples, _table(knots, np.sin(40 * knots)), Theme.LIGHT)
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
def test_extreme_samples_can_be_drawn(pump, x, y, tolerance):
    model = pump[0].model_copy(update={"target": Target(tolerance=tolerance)})
    text = draw(model, canonical_samples(x, y), _table(x, y), Theme.LIGHT)
    ElementTree.fromstring(text)
