"""The least largest residual of a linear model: discrete Chebyshev approximation, exactly.

As a linear programme it has as many unknowns as the model, plus the error, and a constraint for
each side of each row. The exchange method keeps as many binding constraints as unknowns; each turn
the one that is broken most comes in, and the one goes out that keeps every multiplier positive. The
error grows from turn to turn, so it ends at a vertex of the optimum: where the data are whole
numbers the answer is rational, and its binding rows are held to the last bits.

References:
    E. Stiefel 1960, "Note on Jordan elimination, linear programming and Tchebycheff approximation",
    Numer. Math. 2 (exchange as the dual simplex method).
"""

from dataclasses import dataclass

import numpy as np

from worker.numerics.arrays import FloatArray

# Turns for each unknown before the method is given up; most problems take two or three.
MOST_TURNS = 40
# A row is broken if it is by more than this, relative to the rows' own units.
BROKEN = 1e-12
# And by more than this part of what its sum adds up.
ROUNDED = 4 * float(np.finfo(float).eps)
# A constraint is not exchanged for one that is nearly a combination of the others.
PIVOT = 1e-11
# Turns after which rounding in the inverse of the binding constraints is cleared.
REFRESHED = 40
# Costs of the unknowns, relative to the error's: they break ties, so that no turn is in vain.
TIE_BREAK = 1e-10


@dataclass(frozen=True, eq=False)
class Model:
    """Residuals ``residuals + jacobian @ z``, each to be at most ``error * units + slack``.

    Attributes:
        jacobian: [M, K].
        residuals: at z = 0, [M].
        units: positive, [M].
        slack: [M].
        reach: how far each unknown may go from 0, either way, [K].
    """

    jacobian: FloatArray
    residuals: FloatArray
    units: FloatArray
    slack: FloatArray
    reach: FloatArray


def least_error(model: Model) -> tuple[FloatArray, float] | None:
    """The unknowns z, [K], of least error, and that error; None if rounding gets in the way.

    O(M K) a turn, and some 3 K turns as a rule.
    """
    unknowns = model.reach.size
    # Binding constraints ``normals @ (z, error) = bounds``; at first all reaches, and error >= 0.
    normals, bounds = np.eye(unknowns + 1), np.append(-model.reach, 0.0)
    inverse: FloatArray = np.eye(unknowns + 1)
    fresh = True
    cost: FloatArray = TIE_BREAK * (1 + np.arange(unknowns + 1) / unknowns)
    cost[-1] = 1.0
    for turn in range(MOST_TURNS * (unknowns + 1)):
        point = inverse @ bounds
        entering = _most_broken(model, point)
        if entering is None and fresh:
            return point[:-1], float(point[-1])
        if entering is None or turn % REFRESHED == 0:
            try:
                inverse = np.asarray(np.linalg.inv(normals), dtype=np.float64)
            except np.linalg.LinAlgError:
                return None
            fresh = True
            continue
        normal, bound = entering
        exchange = normal @ inverse
        leaving = _leaving(cost @ inverse, exchange)
        if leaving is None:
            return None
        normals[leaving], bounds[leaving] = normal, bound
        exchange[leaving] -= 1.0
        column = inverse[:, leaving] / (exchange[leaving] + 1.0)
        inverse -= np.outer(column, exchange)
        fresh = False
    return None


def _leaving(multipliers: FloatArray, exchange: FloatArray) -> int | None:
    """The binding constraint that goes, so that every multiplier stays positive."""
    held = exchange > PIVOT * np.abs(exchange).max()
    if not held.any():
        return None
    ratios = np.full(exchange.size, np.inf)
    ratios[held] = np.maximum(multipliers[held], 0.0) / exchange[held]
    return int(ratios.argmin())


def _most_broken(model: Model, point: FloatArray) -> tuple[FloatArray, float] | None:
    """The constraint that is broken most, as ``normal @ (z, error) >= bound``; None if none is."""
    z, error = point[:-1], point[-1]
    residuals = model.residuals + model.jacobian @ z
    beyond = (np.abs(residuals) - model.slack) / model.units - error
    row = int(beyond.argmax())
    too_far = np.abs(z) - model.reach
    unknown = int(too_far.argmax())
    # What far unknowns lose in the row's sum is no breach either.
    summed = np.abs(model.jacobian[row]) @ np.abs(z) + abs(model.residuals[row])
    allowed = BROKEN * (1.0 + abs(error)) + ROUNDED * summed / model.units[row]
    if max(beyond[row], too_far[unknown]) <= allowed:
        return None
    if beyond[row] >= too_far[unknown]:
        sign = np.sign(residuals[row])
        normal = np.append(-sign * model.jacobian[row], model.units[row])
        return normal, float(sign * model.residuals[row] - model.slack[row])
    normal = np.zeros(point.size)
    normal[unknown] = -np.sign(z[unknown])
    return normal, float(-model.reach[unknown])
