"""Samples from NPY: what a header may say, and that no header does harm."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import InvalidInput
from schemas.npy import read_arrays, read_npy

XY = [("x", "<f8"), ("y", "<f8")]


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npz(save=np.savez_compressed, **arrays):
    buffer = io.BytesIO()
    save(buffer, **arrays)
    return buffer.getvalue()


def headed(header, content=b""):
    """A file with this header, whatever it says."""
    written = header.encode("latin-1") + b"\n"
    return b"\x93NUMPY\x01\x00" + len(written).to_bytes(2, "little") + written + content


def described(descr="<f8", shape=(10, 2), by_columns=False):
    return repr({"descr": descr, "fortran_order": by_columns, "shape": shape})


@pytest.mark.parametrize("kind", ["<f2", ">f4", "<f8", "|i1", ">u2", "<i8"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(2, 3), (3, 2)])
def test_real_numbers_of_any_kind_and_order_are_read(kind, order, shape):
    array = np.arange(6).reshape(shape).astype(kind, order=order)
    x, y = array if shape[0] == 2 else array.T
    columns = read_npy(npy(array))
    assert [column.tolist() for column in columns.values()] == [x.tolist(), y.tolist()]


def test_room_between_fields_is_no_field():
    aligned = np.dtype([("x", "i2"), ("y", "f8")], align=True)
    columns = read_npy(npy(np.array([(1, 2), (3, 4)], aligned)))
    assert (columns["x"].tolist(), columns["y"].tolist()) == ([1, 3], [2, 4])
    chosen = np.array([(1, 9, 2)], [*XY[:1], ("error", "f4"), *XY[1:]])[["x", "y"]]
    assert read_npy(npy(chosen))["y"].tolist() == [2]


def test_a_field_that_is_misspelt_is_not_passed_over():
    with pytest.raises(InvalidInput, match="wieght; give x and y, and weight and tolerance"):
        read_npy(npy(np.zeros(3, [*XY, ("wieght", "f8")])))


@pytest.mark.parametrize("array", [np.zeros((2, 10)), np.zeros((10, 2)), np.zeros(10, XY)])
def test_of_more_samples_than_may_be_none_is_read(array):
    assert read_npy(npy(array), max_points=10)["x"].size == 10
    with pytest.raises(InvalidInput, match="10 samples; at most 9"):
        read_npy(npy(array), max_points=9)


HOSTILE = {
    "values of no bytes": described("|V0"),
    "texts of no bytes": described("<U0"),
    "numbers of no bytes": described("<f0"),
    "numbers of three bytes": described("<f3"),
    "values that are arrays": described(("<f8", (2,)), (3,)),
    "fields that are arrays": described([("x", "<f8", (2,)), ("y", "<f8")], (3,)),
    "a field twice": described([*XY, XY[1]], (3,)),
    "no fields": described([], (3,)),
    "fields of no bytes": described([*XY, ("", "|V0")], (3,)),
    "seventy dimensions": described(shape=(1,) * 70),
    "no dimensions": described(shape=()),
    "too many to count, times none": described(shape=(0, 10**25)),
    "very many, times none": described(shape=(2, 0, 10**18)),
    "more than memory": described(shape=(2, 10**18)),
    "true for a number": described(shape=(True, 6)),
    "a number below zero": described(shape=(-2, -10)),
    "a number of 5,000 digits": described().replace("10", "1" * 5_000),
    "a shape that is a number": described(shape=10),
    "a shape without commas": described().replace("10,", "10"),
    "a shape that is a text": described(shape="10"),
    "an order that is a text": described(by_columns="no"),
    "a type that is an order": described(True),
    "signs without end": described()[:-1] + ", 'a': " + "-" * 9_000 + "1}",
    "lists in lists": described()[:-1] + ", 'a': " + "[" * 4_000 + "]" * 4_000 + "}",
    "a member too many": described()[:-1] + ", 'a': 'b'}",
    "a member too few": "{'descr': '<f8', 'shape': (10, 2)}",
    "an expression": described().replace("10", "9+1"),
    "NUL": described().replace("<f8", "<f8\0"),
    "a tabulator for another space": described().replace(" ", "\x0b"),
    "nothing": "",
}


@pytest.mark.parametrize("header", HOSTILE.values(), ids=HOSTILE)
def test_a_header_of_anything_else_is_refused(header):
    for content in (b"", bytes(160)):
        with pytest.raises(InvalidInput, match="the NPY file"):
            read_npy(headed(header, content))


def test_a_header_that_is_not_whole_is_refused():
    whole = headed(described(), bytes(160))
    read_npy(whole)
    for length in range(len(whole)):
        with pytest.raises(InvalidInput, match="the NPY file"):
            read_npy(whole[:length])
    with pytest.raises(InvalidInput, match="60000 bytes"):
        read_npy(headed(described() + " " * (60_000 - len(described()) - 1), bytes(160)))


TYPES = st.one_of(
    st.builds("{}{}{}".format, st.sampled_from("<>=|"), st.sampled_from("fiucbUSVOmM"),
              st.integers(0, 17)),
    st.sampled_from(["object", "O", "f8,f8", "(2,)f8", "<M8[ns]", "", "<f8\x00"]),
)  # fmt: skip
LENGTHS = st.one_of(
    st.integers(0, 3), st.sampled_from([-1, 10**18, 2**63, 2**64, 10**25, True, None])
)
NAMES = st.sampled_from(["x", "y", "weight", "tolerance", "", "other", "'", '"', "\\", "\x7f"])
FIELDS = st.lists(
    st.one_of(
        st.tuples(NAMES, TYPES),
        st.tuples(NAMES, TYPES, st.tuples(LENGTHS)),
        st.sampled_from([("x", "<f8"), ("y", "<f8")]),
    ),
    max_size=5,
)
HEADERS = st.one_of(
    st.builds(
        described,
        descr=st.one_of(st.just("<f8"), TYPES, FIELDS, st.just(XY), st.tuples(TYPES, FIELDS)),
        shape=st.one_of(
            st.lists(LENGTHS, max_size=4).map(tuple),
            st.tuples(st.just(2), st.integers(0, 3)),
            st.integers(0, 3).map(lambda count: (count,)),
        ),
        by_columns=st.sampled_from([True, False, 0, None]),
    ),
    st.text(alphabet="{}[](),:'\"\\ \n\t\r0123456789-+*<fxyTrueFals\x00\x0b", max_size=60),
)
STONES = ["-" * 9_000, "[" * 5_000, "9" * 5_000, "L", ",", "(", ")", "'", "{", "}", "\0", "True"]


@given(st.data(), HEADERS, st.integers(0, 80))
def test_no_header_is_more_than_refused(data, header, rest):
    for _ in range(data.draw(st.integers(0, 2))):
        place = data.draw(st.integers(0, len(header)))
        header = header[:place] + data.draw(st.sampled_from(STONES)) + header[place:]
    try:
        columns = read_npy(headed(header, bytes(rest)))
    except InvalidInput:
        return
    assert {"x", "y"} <= set(columns) <= {"x", "y", "weight", "tolerance"}
    assert len({column.shape for column in columns.values()}) == 1


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("array", [np.array([[1.0, 2], [3, 4], [5, 6]]), np.zeros(10, XY)])
def test_of_an_npz_file_with_one_array_it_is_that_array(save, array):
    found, alone = read_arrays(npz(save, anything=array)), read_arrays(npy(array))
    assert {k: v.tolist() for k, v in found.items()} == {k: v.tolist() for k, v in alone.items()}


def test_the_columns_may_be_arrays_of_an_npz_file():
    found = read_arrays(npz(y=np.arange(3) ** 2, x=np.arange(3), weight=np.ones(3, "f4")))
    assert {name: column.tolist() for name, column in found.items()} == {
        "x": [0, 1, 2],
        "y": [0, 1, 4],
        "weight": [1, 1, 1],
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (npz(a=np.zeros(3), b=np.zeros(3)), "the arrays a, b; give one"),
        (npz(x=np.zeros(3), y=np.zeros(4)), "x has 3, y has 4"),
        (npz(x=np.zeros(3), y=np.zeros((3, 1))), r"an array y of the shape \[3, 1\]"),
        (npz(x=np.zeros(3), y=np.zeros(3), yerr=np.zeros(3)), "the arrays x, y, yerr"),
        (npz(**{f"a{n}": np.zeros(1) for n in range(5)}), "5 arrays; a curve has at most 4"),
        (npz(a=np.zeros((2, 3)))[:-30], "cannot be read"),
        (npz(a=np.array(["text"], object)), "Python objects"),
        (npz(a=np.zeros(10**7)), "bytes; at most"),
        (npz(x=np.zeros(101), y=np.zeros(101)), "101 samples; at most 100"),
    ],
)
def test_what_else_is_in_an_npz_file_is_refused_with_its_reason(content, said):
    with pytest.raises(InvalidInput, match=said):
        read_arrays(content, max_points=100)


def test_a_spreadsheet_is_no_npz_file():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(InvalidInput, match="other files than arrays"):
        read_arrays(buffer.getvalue())
