"""The colours of pictures, on light and on dark."""

from dataclasses import dataclass

from schemas.exports import Theme


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, as ``#rrggbb``.

    Against the background text has a contrast of at least 4.5, and whatever else has a meaning one
    of at least 3 (WCAG 2.2, 1.4.3 and 1.4.11). The grid has none, and may be fainter.
    """

    background: str
    text: str
    frame: str
    grid: str
    samples: str
    network: str
    limit: str


# The backgrounds are those of the pages such pictures are shown on, and are painted: colours
# chosen against them would be lost on a page that has the other one. Samples and network have
# colours that the colour-blind can tell apart, those of Okabe and Ito (2008).
PALETTES = {
    Theme.LIGHT: Palette(
        background="#ffffff",
        text="#1f2328",
        frame="#6e7781",
        grid="#e4e8ec",
        samples="#0072b2",
        network="#d55e00",
        limit="#1f2328",
    ),
    Theme.DARK: Palette(
        background="#0d1117",
        text="#e6edf3",
        frame="#8b949e",
        grid="#262c34",
        samples="#56b4e9",
        network="#e69f00",
        limit="#e6edf3",
    ),
}
