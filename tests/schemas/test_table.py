"""The breakpoint table: CSV and JSON hold the same numbers, and it is evaluated as it is drawn."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.table import COLUMNS, BreakpointTable, evaluate_table

FINITE = st.floats(allow_nan=False, allow_infinity=False)
rows = st.lists(st.tuples(FINITE, FINITE, FINITE, FINITE), min_size=2, max_size=20)


def _table(table_rows):
    return BreakpointTable(
        **dict(zip(COLUMNS, map(list, zip(*table_rows, strict=True)), strict=True))
    )


@given(rows)
def test_csv_reads_back_exactly(table_rows):
    reader = csv.DictReader(io.StringIO(_table(table_rows).to_csv()))
    read = [tuple(float(row[name]) for name in COLUMNS) for row in reader]
    assert read == table_rows


@given(rows)
def test_json_reads_back_exactly(table_rows):
    table = _table(table_rows)
    assert BreakpointTable.model_validate_json(table.model_dump_json()) == table


def test_csv_has_a_header_a_final_newline_and_short_numbers():
    table = _table([(0.0, 0.1, 1.0, 0.1), (1.0, 1.1, 1.0, 0.1)])
    assert table.to_csv() == "x,y,slope,intercept\n0.0,0.1,1.0,0.1\n1.0,1.1,1.0,0.1\n"


def test_a_table_of_two_rows_has_one_segment():
    assert _table([(0, 0, 1, 0), (1, 1, 1, 0)]).segments == 1


@pytest.mark.parametrize(
    "columns",
    [
        {"x": [0, 1], "y": [0, 1], "slope": [1], "intercept": [0, 0]},
        {"x": [0], "y": [0], "slope": [1], "intercept": [0]},
        {"x": [0, float("nan")], "y": [0, 1], "slope": [1, 1], "intercept": [0, 0]},
        {"x": [0, 1], "y": [0, 1]},
    ],
)
def test_what_is_no_table_is_refused(columns):
    with pytest.raises(ValidationError):
        BreakpointTable(**columns)


def test_between_two_rows_the_function_is_that_of_the_first():
    table = _table([(0.0, 1.0, 2.0, 1.0), (1.0, 3.0, -1.0, 4.0), (4.0, 0.0, -1.0, 4.0)])
    x = np.array([0.0, 0.25, 1.0, 2.5, 4.0])
    row = np.searchsorted(table.x[1:-1], x, side="right")
    expected = np.array(table.slope)[row] * x + np.array(table.intercept)[row]
    np.testing.assert_array_equal(evaluate_table(table, x), expected)
