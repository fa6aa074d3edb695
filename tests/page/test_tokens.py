"""The colours of the page: what can be seen, and told apart, by whom."""

import re
from itertools import combinations

import pytest

from tests.colours import APART, LINE_CONTRAST, SIGHTS, TEXT_CONTRAST, contrast, distance
from tests.page.conftest import THEMES
from tests.served import ROOT

TOKENS = (ROOT / "service/page/css/tokens.css").read_text()
# What is text, and what it is written on.
WRITTEN = {
    "text": ("ground", "surface", "sunken"),
    "muted": ("ground", "surface", "sunken"),
    "accent": ("ground", "surface", "sunken"),
    "accent-strong": ("ground", "surface", "sunken"),
    "on-accent": ("accent", "accent-strong"),
    "good": ("good-ground", "surface"),
    "warn": ("warn-ground", "surface"),
    "bad": ("bad-ground", "surface", "ground", "sunken"),
}


def colours(theme):
    """``#rrggbb`` of every token; the dark theme is what is said of it later."""
    light, dark = TOKENS.split("@media (prefers-color-scheme: dark)")
    said = light if theme == "light" else light + dark
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", said))


@pytest.mark.parametrize("theme", THEMES)
def test_text_stands_out_from_what_it_is_written_on(theme):
    token = colours(theme)
    for text, grounds in WRITTEN.items():
        for ground in grounds:
            assert contrast(token[text], token[ground]) >= TEXT_CONTRAST, (text, ground)


@pytest.mark.parametrize("theme", THEMES)
def test_lines_and_controls_stand_out_from_the_surface(theme):
    token = colours(theme)
    for name in ("samples", "network", "corridor", "limit", "worst", "base"):
        assert contrast(token[f"plot-{name}"], token["surface"]) >= LINE_CONTRAST, name
    for ground in ("ground", "surface"):
        assert contrast(token["control"], token[ground]) >= LINE_CONTRAST


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", THEMES)
def test_nobody_takes_one_line_of_a_plot_for_another(theme, sight):
    token = colours(theme)
    for pair in combinations(("samples", "network", "limit"), 2):
        first, second = (token[f"plot-{name}"] for name in pair)
        assert distance(first, second, SIGHTS[sight]) >= APART, pair
