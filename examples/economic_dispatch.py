"""Which generator gives how much: cost curves with valve points in a mixed-integer program.

    foldline serve &
    python examples/economic_dispatch.py

The three units of Walters and Sheble (IEEE Trans. Power Syst. 8, 1993), whose steam valves make
costs ripple. Each cost becomes its fewest segments within 1 $/h; HiGHS does the rest exactly.
"""

from typing import Any

import highspy
import numpy as np

from foldline_client import Client

DEMAND_MW = 850.0
# a, b, c, e, f; least and most MW.
UNITS = [
    (561.0, 7.92, 0.001562, 300.0, 0.0315, 100.0, 600.0),
    (310.0, 7.85, 0.00194, 200.0, 0.042, 100.0, 400.0),
    (78.0, 7.97, 0.00482, 150.0, 0.063, 50.0, 200.0),
]


def cost(unit: tuple[float, ...], power: np.ndarray) -> np.ndarray:
    """$/h at some MW: a + b P + c P^2 + |e sin(f (least - P))|."""
    a, b, c, e, f, least, _ = unit
    return a + b * power + c * power**2 + np.abs(e * np.sin(f * (least - power)))


def add_unit(solver: highspy.Highs, points: np.ndarray) -> list[Any]:
    """Power and cost of a unit: one segment between points [n, 2] is chosen, and a place on it."""
    starts, steps = points[:-1], np.diff(points, axis=0)
    chosen = np.array([solver.addBinary() for _ in starts])
    share = np.array([solver.addVariable(0.0, 1.0) for _ in starts])
    solver.addConstr(sum(chosen) == 1)
    for one, part in zip(chosen, share, strict=True):
        solver.addConstr(part <= one)
    return [starts[:, k] @ chosen + steps[:, k] @ share for k in (0, 1)]


def main() -> None:
    """Fit the curves, dispatch, and look up what it costs in truth."""
    solver, units, within = highspy.Highs(), [], {"tolerance": 1.0, "relative_to": "absolute"}
    solver.silent()
    with Client() as client:
        for unit in UNITS:
            x = np.linspace(unit[5], unit[6], 2001)
            rows = client.fit(x, cost(unit, x), minimise="segments", **within).breakpoints
            units.append(add_unit(solver, np.column_stack([rows["x"], rows["y"]])))
    solver.addConstr(sum(power for power, _ in units) == DEMAND_MW)
    solver.minimize(sum(price for _, price in units))
    found = [solver.val(power) for power, _ in units]
    true = sum(float(cost(unit, np.array(p))) for unit, p in zip(UNITS, found, strict=True))
    print(*(f"{power:.2f} MW," for power in found), f"{true:.2f} $/h; the best known: 8234.07 $/h")


main()
