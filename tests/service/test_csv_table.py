"""Tables as CSV: every column is a function, or says where it is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import InvalidInput
from service import csv_table
from service.csv_table import Function, Unreadable, read_table


def read(text, *, max_points=100, max_functions=10):
    lines = text.splitlines(keepends=True)
    return list(read_table(lines, max_points=max_points, max_functions=max_functions))


@pytest.fixture(scope="module", autouse=True)
def small_blocks():
    """Tables of a few numbers are then more than one block, as large ones are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_table, "BLOCK_BYTES", 100)
        yield


CELLS = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@given(st.data(), st.integers(1, 9), st.integers(1, 30))
def test_every_column_has_the_values_of_its_cells_and_their_x(data, width, height):
    row = st.lists(CELLS, min_size=width, max_size=width)
    rows = data.draw(st.lists(row, min_size=height, max_size=height))
    lines = [
        ",".join([str(x), *("" if cell is None else repr(cell) for cell in row)])
        for x, row in enumerate(rows)
    ]
    for place, found in enumerate(read("\n".join(lines))):
        there = [(float(x), row[place]) for x, row in enumerate(rows) if row[place] is not None]
        assert found == Function(str(place + 1), [x for x, _ in there], [y for _, y in there])


def test_x_is_where_the_header_says():
    first, second = read("left;X;right\n1;10;2\n3;20;4\n")
    assert first == Function("left", [10.0, 20.0], [1.0, 3.0])
    assert second == Function("right", [10.0, 20.0], [2.0, 4.0])


@pytest.mark.parametrize("cell", ["oops", "nan", "-inf", "1e999", "1_0"])
def test_a_bad_cell_concerns_its_column_only_and_is_named(cell):
    good, bad = read(f"x,good,bad\n0,1,2\n# a comment\n1,2,{cell}\n2,3,worse\n")
    assert good == Function("good", [0.0, 1.0, 2.0], [1.0, 2.0, 3.0])
    assert isinstance(bad, Unreadable)
    assert (bad.name, bad.line) == ("bad", 4)
    assert "'bad'" in bad.detail
    assert repr(cell) in bad.detail


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("x,a\n", 1),
        ("x\n1\n", 1),
        ("\n1\n2\n", 2),
        ("x a\n0 1\n1\n", 3),
        ("x,a\n0,1\n,1\n", 3),
        ("x,a\n0,1\nnan,1\n", 3),
        ("x,a\n0,1\nzero,1\n", 3),
        ("x,a\n" + "0,1\n" * 101, 102),
        ("x,a\n0,1\n" + "1" + ",1" * 11, 3),
        ('x,"a' + '\nb","a' * 11, 11),
    ],
)
def test_a_table_that_cannot_be_read_at_all_is_refused_with_the_line(text, line):
    with pytest.raises(InvalidInput) as caught:
        read(text)
    assert caught.value.errors[0].path == ("line", line)


def test_a_name_may_take_two_lines():
    (found,) = read('x,"pressure\n(bar)"\n0,1\n1,2\n')
    assert found.name == "pressure\n(bar)"
    np.testing.assert_array_equal(found.y, [1.0, 2.0])


@pytest.mark.parametrize(
    "text",
    ["x;a;b;;\n0,5;1;-2,5;;\n1;;3;;\n;;;;\n", "x\ta\tb\t\n0,5\t1\t-2,5\t\n1\t\t3\t\n\t\t\t\n"],
)
def test_what_spreadsheets_write_and_copy_is_read(text):
    assert read(text) == [
        Function("a", [0.5], [1.0]),
        Function("b", [0.5, 1.0], [-2.5, 3.0]),
    ]


def test_a_row_may_end_early_or_in_empty_cells():
    assert read("x,a,b\n0,1,2\n1,2\n2,3,4,,\n3\n") == [
        Function("a", [0.0, 1.0, 2.0], [1.0, 2.0, 3.0]),
        Function("b", [0.0, 2.0], [2.0, 4.0]),
    ]


@pytest.mark.parametrize(
    ("text", "line"), [("x;a\n0,5;1.5\n", 2), ("x\ta\tb\n0\t1\t2\n1\t2,500\t3\n", 3)]
)
def test_a_table_of_which_it_is_not_clear_what_a_comma_means_is_refused(text, line):
    with pytest.raises(InvalidInput) as caught:
        read(text)
    assert caught.value.errors[0].path == ("line", line)
