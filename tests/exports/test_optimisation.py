"""The table in optimisation models: what their solvers make of it is the network's function."""

import gurobipy
import highspy
import numpy as np
import pyomo.environ as pyo
import pytest

from exports.subject import Subject
from schemas.network import Extrapolation
from tests.exports.conftest import fitted


@pytest.fixture(params=[Extrapolation.LINEAR, Extrapolation.CLAMP])
def table(request):
    """The rows of the pump's efficiency, with either extrapolation."""
    subject = Subject.of(*fitted("pump_efficiency"), extrapolate=request.param)
    return subject.table.extrapolated(request.param)


def best(table):
    """The largest value of the function, and where it is: at a row."""
    at = int(np.argmax(table.y))
    return table.x[at], table.y[at]


def test_pyomo_takes_the_columns_and_highs_finds_the_best_point(table):
    model = pyo.ConcreteModel()
    model.x = pyo.Var(bounds=(table.x[0], table.x[-1]))
    model.y = pyo.Var()
    # In the form of multiple choice: HiGHS has no SOS2.
    model.curve = pyo.Piecewise(
        model.y, model.x, pw_pts=table.x, f_rule=table.y, pw_constr_type="EQ", pw_repn="MC"
    )
    model.best = pyo.Objective(expr=model.y, sense=pyo.maximize)
    pyo.SolverFactory("appsi_highs").solve(model)
    where, value = best(table)
    assert pyo.value(model.x) == pytest.approx(where, rel=1e-5)
    assert pyo.value(model.y) == pytest.approx(value, rel=1e-5)


def test_gurobi_takes_the_columns_inside_and_outside(table):
    environment = gurobipy.Env(params={"OutputFlag": 0})
    model = gurobipy.Model(env=environment)
    points = [table.x[3], 0.5 * (table.x[4] + table.x[5]), table.x[0] - 1.0, table.x[-1] + 1.0]
    low, high = min(points), max(points)
    found = []
    for x in points:
        xs = model.addVar(lb=low, ub=high)
        ys = model.addVar(lb=-gurobipy.GRB.INFINITY)
        model.addGenConstrPWL(xs, ys, table.x, table.y)
        model.addConstr(xs == x)
        found.append(ys)
    model.optimize()
    index = (np.searchsorted(table.x, points, side="right") - 1).clip(0, len(table.x) - 1)
    rows = [(table.x[i], table.y[i], table.slope[i]) for i in index]
    expected = [y + slope * (x - start) for x, (start, y, slope) in zip(points, rows, strict=True)]
    assert [y.X for y in found] == pytest.approx(expected, rel=1e-6)


def test_highs_takes_a_mixed_integer_program_of_the_rows(table):
    x, y = np.array(table.x), np.array(table.y)
    segments = x.size - 1
    solver = highspy.Highs()
    solver.silent()
    chosen = [solver.addBinary() for _ in range(segments)]
    share = [solver.addVariable(lb=0.0, ub=1.0) for _ in range(segments)]
    solver.addConstr(sum(chosen) == 1)
    for one, part in zip(chosen, share, strict=True):
        solver.addConstr(part <= one)
    height = sum(
        float(y[i]) * chosen[i] + float(y[i + 1] - y[i]) * share[i] for i in range(segments)
    )
    solver.maximize(height)
    assert solver.getObjectiveValue() == pytest.approx(best(table)[1], rel=1e-6)
