"""The colours of pictures: what can be seen, and told apart, by whom."""

from itertools import combinations

import pytest

from exports.themes import PALETTES
from tests.colours import APART, LINE_CONTRAST, SIGHTS, TEXT_CONTRAST, contrast, distance


@pytest.mark.parametrize("theme", PALETTES)
def test_text_and_lines_stand_out_from_the_background(theme):
    palette = PALETTES[theme]
    assert contrast(palette.text, palette.background) >= TEXT_CONTRAST
    for line in (palette.frame, palette.samples, palette.network, palette.limit):
        assert contrast(line, palette.background) >= LINE_CONTRAST


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", PALETTES)
def test_nobody_takes_one_line_for_another(theme, sight):
    palette = PALETTES[theme]
    for pair in combinations((palette.samples, palette.network, palette.limit), 2):
        assert distance(*pair, SIGHTS[sight]) >= APART
