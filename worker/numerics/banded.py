"""Systems of which only a few diagonals are not 0, symmetric and positive definite, by LAPACK.

scipy's LAPACK takes a fifth of a second to load, so it is when the first system is solved.
"""

from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from worker.numerics.arrays import FloatArray


@cache
def _lapack() -> Any:  # noqa: ANN401  # a module
    return import_module("scipy.linalg.lapack")


def solve_tridiagonal(diagonal: FloatArray, beside: FloatArray, right: FloatArray) -> FloatArray:
    """What solves a tridiagonal system.

    Args:
        diagonal: [Q].
        beside: the diagonal above it, and below, [Q - 1].
        right: [Q] or [Q, R].

    Returns:
        As ``right``; NaN if the system is singular or not finite.
    """
    *_, found, info = _lapack().dptsv(diagonal, beside, right)
    return _if_solved(found, info)


def solve_banded(diagonals: FloatArray, right: FloatArray) -> FloatArray:
    """What solves a banded system.

    Args:
        diagonals: [B, Q], the uppermost first, the main one last; element (i, j) of the system is
            ``diagonals[B - 1 + i - j, j]``.
        right: [Q] or [Q, R].

    Returns:
        As ``right``; NaN if the system is singular or not finite.
    """
    _, found, info = _lapack().dpbsv(diagonals, right)
    return _if_solved(found, info)


def hold_unknown(diagonals: FloatArray, right: FloatArray, unknown: int) -> None:
    """Change a system, in place, so that one unknown is 0 and the others know nothing of it.

    Args:
        diagonals: [B, Q], as for ``solve_banded``.
        right: [Q] or [Q, R].
        unknown: its index.
    """
    count, size = diagonals.shape
    after = np.arange(unknown + 1, min(unknown + count, size))
    scale = float(diagonals[-1].max()) or 1.0
    diagonals[:, unknown] = 0.0
    diagonals[count - 1 + unknown - after, after] = 0.0
    diagonals[-1, unknown] = scale
    right[unknown] = 0.0


def _if_solved(found: FloatArray, info: int) -> FloatArray:
    if info == 0 and np.isfinite(found).all():
        return found
    return np.full_like(found, np.nan)
