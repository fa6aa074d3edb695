"""How colours are seen, and by whom they are told apart."""

import numpy as np

TEXT_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, level AA
LINE_CONTRAST = 3.0  # WCAG 2.2, 1.4.11, level AA
# Distances of CIE 1976 in L*a*b*: 2.3 is just noticed.
APART = 25.0
# How linear RGB is seen: Machado, Oliveira and Fernandes 2009, severity 1.
SIGHTS = {
    "full": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def linear(colour):
    """Linear RGB of ``#rrggbb``, [3]."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(colour, other):
    """The contrast ratio of WCAG 2.2: 1 for the same colour, 21 for black on white."""
    darker, lighter = sorted(float(linear(each) @ XYZ[1]) for each in (colour, other))
    return (lighter + 0.05) / (darker + 0.05)


def lab(colour, sight):
    """L*a*b* of a colour as it is seen, [3]."""
    seen = XYZ @ np.clip(sight @ linear(colour), 0.0, 1.0) / XYZ.sum(axis=1)
    x, y, z = np.where(seen > 216 / 24389, np.cbrt(seen), (24389 / 27 * seen + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(colour, other, sight):
    """How far two colours are from one another in L*a*b*, as they are seen."""
    return float(np.linalg.norm(lab(colour, sight) - lab(other, sight)))
