"""Samples from CSV: what is read, and where what cannot be read is."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.csv_lines import lines_of
from schemas.csv_text import read_columns, read_csv
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
    samples = read_csv("weight,y,x\n1,10,0\n2,20,5\n")
    assert samples.x.tolist() == [0.0, 5.0]
    assert samples.y.tolist() == [10.0, 20.0]


@pytest.mark.parametrize("header", ["x,y,weight,tolerance", "time,value,Weight, tolerance"])
def test_columns_named_weight_and_tolerance_are_taken_too(header):
    samples = read_csv(f"{header}\n1,10,3,0.3\n0,20,5,0.5\n")
    assert samples.x.tolist() == [0.0, 1.0]
    assert samples.weight.tolist() == [5.0, 3.0]
    assert samples.tolerance.tolist() == [0.5, 0.3]


@pytest.mark.parametrize(
    "text", [",x,y\n0,1,10\n1,0,20\n", "1,10,\n0,20,,\n", "x,y,\n1,10, \n0,20\n"]
)
def test_columns_without_a_name_are_passed_over(text):
    samples = read_csv(text)
    assert (samples.x.tolist(), samples.y.tolist()) == ([0.0, 1.0], [20.0, 10.0])


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("x,y,wieght\n1,10,3\n0,20,5\n", 1, "'wieght'; besides x and y there may be weight and"),
        ("# a curve\ntime,value,Error\n1,10,3\n", 2, "'Error'"),
        ("x,y,weight,weight\n1,10,3,3\n", 1, "weight twice"),
        ("x,y,x\n1,10,3\n", 1, "x twice"),
        ("value,x\n1,10\n", 1, "not name both x and y"),
        ("y,value\n1,10\n", 1, "not name both x and y"),
        ("x,weight\n1,10\n", 1, "not name both x and y"),
        ("1,10,3\n0,20,5\n", 1, "has 3 columns"),
        ("x,y\n1,10\n0,20,5\n", 3, "has 3 columns; the header has 2"),
    ],
)
def test_no_column_is_passed_over_that_may_be_meant_for_something(text, line, said):
    with pytest.raises(InvalidInput, match=said) as caught:
        read_csv(text)
    assert caught.value.errors[0].path == ("line", line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("x,y\n1,2\n3,abc\n", 3),
        ("1 2\n3\n", 2),
        ("x,y\n1,2\n,3\n", 3),
        ("abc,2\n3,4\n", 1),
        ("1_0,2\n3,4\n", 1),
        ("x\n1\n2\n", 1),
        ("x,y,weight\n1,2,3\n3,4\n", 3),
        ("x,y,tolerance\n1,2,3\n3,4,\n", 3),
        ("x,y\n1,2\n3,nan\n", 3),
        ("1,2\r3,4\r-inf,5\r", 3),
        ("1 2\n3 1e999\n", 2),
        ("# no samples\nx,y\n", 2),
        ("1,2\n" + "," * 10_000, 2),
        ("1 2\n" + "3 " * 10_001, 2),
    ],
)
def test_a_line_that_cannot_be_read_is_named(text, line):
    with pytest.raises(InvalidInput) as caught:
        read_csv(text)
    assert caught.value.errors[0].path == ("line", line)


@pytest.mark.parametrize(
    "text",
    [
        "x,y\n0,1\n1,\n2,5\n",
        "x,y\n0,1\n1\n2,5\n",
        "0;1\n1; \n2;5\n",
        "0\t1\n1\n2\t5\n",
        "x,weight,y\n0,1,1\n1,2\n2,1,5\n",
        "x,y,weight,,\n0,1,1,,\n1,,2\n2,5,1,,\n",
        "x,y\n0,1\n,\n2,5\n,,,\n",
    ],
)
def test_an_empty_cell_is_no_sample_and_what_a_row_lacks_is_empty(text):
    samples, origin = read_columns(text.splitlines(keepends=True))
    assert (samples["x"], samples["y"]) == ([0.0, 2.0], [1.0, 5.0])
    first = text.count("\n", 0, text.index("0")) + 1
    assert list(origin.numbers) == [first, first + 2]


def test_a_header_alone_has_no_samples():
    with pytest.raises(InvalidInput, match="no samples"):
        read_csv("x,y\n")


def test_after_one_sample_too_many_nothing_is_read():
    def lines():
        yield from ("# comments do not count\n", "x,y\n", "\n", "0,0\n", "1,1\n")
        yield "2,2\n"
        raise AssertionError

    with pytest.raises(InvalidInput, match="at most 2") as caught:
        read_columns(lines(), max_points=2)
    assert caught.value.errors[0].path == ("line", 6)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_way_and_may_begin_with_a_mark_of_their_order(end):
    text = end.join(["\ufeffx,größe", "0,1", "5,2"])
    samples, _ = read_columns(lines_of(io.BytesIO(text.encode())))
    assert samples == {"x": [0.0, 5.0], "y": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("content", "line"), [(b"0,0\n1,\xff\n", 2), (b"0,0\n1,1\n" + b"2" * 101, 3)]
)
def test_a_line_that_is_no_text_or_too_long_is_named(content, line):
    with pytest.raises(InvalidInput) as caught:
        list(lines_of(io.BytesIO(content), max_bytes=100))
    assert caught.value.errors[0].path == ("line", line)


def test_a_line_may_be_just_as_long_as_it_may():
    assert list(lines_of(io.BytesIO(b"12345\n12345"), max_bytes=5)) == ["12345\n", "12345"]


@pytest.mark.parametrize(
    "text",
    [
        "Zeit, s;Druck, bar\n1,5;2,7e3\n0;-,25\n",
        "1,5\t2,7e3\n0\t-,25\n",
        '\ufeff"Zeit, s"\t"Druck"\t\t\r\n"1,5"\t"2,7e3"\t\t\r\n0\t-,25\t\t\r\n\t\t\t\r\n',
        "x;y;;\n1,5;2,7e3;;\n\n0;-,25;;\n;;;\n;;;\n",
        "x,y,,\n1.5,2.7e3,,\n0,-.25,,\n,,,\n",
    ],
)
def test_what_spreadsheets_write_and_copy_is_read(text):
    samples = read_csv(text)
    assert (samples.x.tolist(), samples.y.tolist()) == ([0.0, 1.5], [-0.25, 2700.0])


@pytest.mark.parametrize(
    "text",
    [
        "x,\ty\n0,\t2\n1,\t3\n",
        "\tx,y\n\t0,2\n\t1,3\n",
        "time (s; since noon),value\n0,2\n1,3\n",
        '"time; s",value\n0,2\n1,3\n',
    ],
)
def test_a_comma_separates_where_a_tab_or_a_semicolon_does_not(text):
    samples = read_csv(text)
    assert (samples.x.tolist(), samples.y.tolist()) == ([0.0, 1.0], [2.0, 3.0])


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("1,5;2\n2;2.75\n", 2, r"decimal comma in '1,5' \(line 1\).*point in '2.75' \(line 2\)"),
        ("x;y\n0.5;1\n1;2\n2;3,5\n", 4, r"'3,5' \(line 4\).*'0.5' \(line 2\)"),
        ("1.234,5;1\n2;3\n", 1, "'1.234,5' is not a number"),
        ("1,234,567;1\n2;3\n", 1, "'1,234,567' is not a number"),
        ('"1,5",2\n2,3\n', 1, "'1,5' is not a number"),
        ("x\ty\n1\t2\n2\t1,500\n", 3, "'1,500' may be 1.5 or 1500.*decimals with a point"),
    ],
)
def test_a_comma_that_may_mean_something_else_is_refused(text, line, said):
    with pytest.raises(InvalidInput, match=said) as caught:
        read_csv(text)
    assert caught.value.errors[0].path == ("line", line)


@pytest.mark.parametrize("text", ["1,500\t2\n0,250\t1\n", "1,500\t2\n0,25\t1\n", "1,500;2\n0;1"])
def test_one_number_tells_what_the_commas_of_a_file_are(text):
    assert read_csv(text).x[1] == 1.5
