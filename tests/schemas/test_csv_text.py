"""Samples from CSV: what is read, and where what cannot be read is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.csv_text import read_csv
from schemas.errors import InvalidInput

VALUES = st.floats(min_value=-1e9, max_value=1e9).map(lambda value: round(value, 6))


@given(
    st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=20, unique_by=lambda row: row[0]),
    st.sampled_from([",", ";", "\t", "  "]),
    st.sampled_from(["", "x{0}y\n", "time{0}value\n", "# a curve\n\n"]),
)
def test_any_separator_with_or_without_a_header_gives_the_samples(rows, separator, header):
    lines = [f"{x!r}{separator}{y!r}" for x, y in rows]
    samples = read_csv(header.format(separator) + "\n".join(lines))
    expected = sorted(rows)
    np.testing.assert_array_equal(samples.x, [x for x, _ in expected])
    np.testing.assert_array_equal(samples.y, [y for _, y in expected])


def test_columns_named_x_and_y_are_found_wherever_they_are():
    samples = read_csv("n,y,x\n1,10,0\n2,20,5\n")
    assert samples.x.tolist() == [0.0, 5.0]
    assert samples.y.tolist() == [10.0, 20.0]


@pytest.mark.parametrize("header", ["x,y,weight,tolerance", "time,value,Weight, tolerance"])
def test_columns_named_weight_and_tolerance_are_taken_too(header):
    samples = read_csv(f"{header}\n1,10,3,0.3\n0,20,5,0.5\n")
    assert samples.x.tolist() == [0.0, 1.0]
    assert samples.weight.tolist() == [5.0, 3.0]
    assert samples.tolerance.tolist() == [0.5, 0.3]


def test_further_columns_without_such_a_name_are_passed_over():
    for text in ("x,y,error\n1,10,3\n0,20,5\n", "1,10,3\n0,20,5\n"):
        samples = read_csv(text)
        assert samples.weight is samples.tolerance is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("x,y\n1,2\n3,abc\n", 3),
        ("1,2\n3\n", 2),
        ("abc,2\n3,4\n", 1),
        ("1_0,2\n3,4\n", 1),
        ("x\n1\n2\n", 1),
        ("x,y,weight\n1,2,3\n3,4\n", 3),
        ("x,y,tolerance\n1,2,3\n3,4,\n", 3),
    ],
)
def test_a_line_that_cannot_be_read_is_named(text, line):
    with pytest.raises(InvalidInput) as caught:
        read_csv(text)
    assert caught.value.errors[0].path == ("line", line)
