"""Pictures and tables for people, with the libraries they have."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from foldline_client.network import Rows
from foldline_client.optional import optional


def draw(
    rows: Rows,
    *,
    title: str,
    x: ArrayLike | None,
    y: ArrayLike | None,
    ax: Any | None,  # noqa: ANN401  # of matplotlib, which need not be there
) -> Any:  # noqa: ANN401
    """Draw a network by its breakpoints, which are all there is to it, and the samples under it.

    Raises:
        MissingLibrary: matplotlib is not installed.
        ValueError: of the samples one column is missing.
    """
    if (x is None) != (y is None):
        raise ValueError("give both x and y of the samples, or neither")
    pyplot = optional("matplotlib.pyplot", extra="plot")
    ax = pyplot.subplots()[1] if ax is None else ax
    if x is not None and y is not None:
        ax.plot(np.asarray(x), np.asarray(y), ".", color="0.6", label="samples")
    ax.plot(rows["x"], rows["y"], "-o", markersize=3, label="network")
    # Names may have anything in them, and dollars are no formulas.
    ax.set_title(title, parse_math=False)
    ax.set_xlabel("x")
    ax.set_ylabel("y")
    ax.legend()
    return ax


def data_frame(rows: Rows) -> Any:  # noqa: ANN401  # of pandas, which need not be there
    """A table as a DataFrame.

    Raises:
        MissingLibrary: pandas is not installed.
    """
    return optional("pandas", extra="pandas").DataFrame(rows)
