"""Which rows a network is trained on: few enough to be fast, and those where it would stray."""

from dataclasses import replace

import numpy as np

from schemas.target import BetweenSamples
from worker.numerics.arrays import FloatArray, IndexArray
from worker.numerics.networks.network import Shape
from worker.numerics.problem.preparation import Prepared, even_part
from worker.numerics.training.phase1 import Start
from worker.numerics.training.rows import Rows, between_grid, joined, part, peaks, sample_rows
from worker.numerics.training.trained import Trained

# A network is trained on at most so many samples, or so many for each of its parameters, whichever
# is more; and then on those it misses.
LARGE_SAMPLE = 1024
SAMPLES_PER_PARAMETER = 16
# A segment that few samples see is free to stray between them: where there are fewer for each than
# this, points between the samples are trained on too.
ROWS_PER_SEGMENT = 2.5
# How much all points between two samples count in a mean, against a sample.
BETWEEN_SHARE = 0.25
# Points of a grid between the samples: about so many in all, and at most so many in an interval.
GRID_ROWS = 8192
FINEST = 7
# Where a network peaks between the samples: peaks of this part of the largest residual count.
NEARLY_LARGEST = 0.6


def most_rows(samples: int, shape: Shape, *, segments: int) -> int:
    """About how many rows a network of so many segments is trained on."""
    return min(max(samples, round(ROWS_PER_SEGMENT * segments)), _most_at_first(shape))


def _most_at_first(shape: Shape) -> int:
    return max(LARGE_SAMPLE, SAMPLES_PER_PARAMETER * shape.parameters)


class RowSelection:
    """The rows of one problem."""

    def __init__(self, prepared: Prepared, between: BetweenSamples) -> None:
        """Take the problem.

        Args:
            prepared: the scaled problem.
            between: what is promised between its samples.
        """
        self._prepared, self._between = prepared, between
        self._maximum = prepared.goal.is_maximum
        promised = self._maximum and between is not BetweenSamples.NONE
        finest = int(np.clip(GRID_ROWS // prepared.x.size, 1, FINEST))
        everywhere = np.full(prepared.x.size - 1, finest)
        self._grid = between_grid(prepared, between, everywhere) if promised else None

    def first(self, start: Start) -> Rows:
        """The rows that training begins with from here."""
        prepared, count = self._prepared, self._prepared.x.size
        most = _most_at_first(start.family.shape)
        rows = sample_rows(prepared, even_part(count, most))
        inner = self._inner(start, most - count)
        if self._between is BetweenSamples.NONE or not inner.any():
            return rows
        more = between_grid(prepared, self._between, inner)
        if not self._maximum:
            # So that the root of the sum of squares stays a root mean square.
            total = 1 + BETWEEN_SHARE
            share = BETWEEN_SHARE * (count - 1) / more.count
            rows = replace(rows, gauge=rows.gauge / np.sqrt(total))
            more = replace(more, gauge=more.gauge * np.sqrt(share / total))
        return joined(rows, more)

    def _inner(self, start: Start, most: int) -> IndexArray:
        """How many points between neighbouring samples, [N - 1]: every segment has its rows."""
        ends = start.family.ends(start.structured)
        each = start.family.segments / (ends.size - 1)
        before = np.interp(self._prepared.u, ends, ROWS_PER_SEGMENT * each * np.arange(ends.size))
        inner: IndexArray = np.clip(np.ceil(np.diff(before)).astype(np.intp) - 1, 0, FINEST)
        total = int(inner.sum())
        if total > most:
            inner = inner * max(most, 0) // max(total, 1)
        return inner

    def exchanged(self, trained: Trained, dense: FloatArray, enough: float) -> Trained:
        """The same network on more rows: where these, and it, peak between the samples."""
        grid = self._grid
        if grid is None:
            return trained
        found = []
        for parameters in (trained.parameters, *dense):
            residuals = replace(trained, parameters=parameters).residuals(grid)
            floor = NEARLY_LARGEST * float(np.abs(residuals).max())
            found.append(peaks(residuals, max(floor, NEARLY_LARGEST * enough)))
        chosen = np.unique(np.concatenate(found))
        rows = joined(trained.rows, part(grid, chosen[~np.isin(grid.u[chosen], trained.rows.u)]))
        figure = float(np.abs(trained.residuals(rows)).max())
        return replace(trained, rows=rows, figure=figure, expected=figure)
