"""A JSON document with a long array: read piece by piece it is what it is as a whole."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import InvalidInput
from service import json_items
from service.json_items import Element, NotJson, pieces


@pytest.fixture(scope="module", autouse=True)
def small_chunks():
    """Short documents are then read in more than one piece, as long ones are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_items, "CHUNK_BYTES", 3)
        yield


def read(content, *, max_bytes=10_000):
    """The document put together again."""
    found = list(pieces(io.BytesIO(content), max_bytes=max_bytes))
    elements = [piece.document() for piece in found[:-1]]
    document = found[-1].document()
    assert [piece.index for piece in found[:-1]] == list(range(len(elements)))
    if elements:
        assert document["items"] == []
        document["items"] = elements
    return document


NAMES = st.sampled_from(["items", "name", "a]", "\\", '"', "ü"]) | st.text(max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = VALUES | st.builds(
    lambda before, items, after: {**before, "items": items, **after},
    st.dictionaries(NAMES, VALUES, max_size=2),
    st.lists(VALUES, max_size=4),
    st.dictionaries(NAMES.filter(lambda name: name != "items"), VALUES, max_size=2),
)


@given(DOCUMENTS, st.booleans(), st.sampled_from([None, 1]))
def test_a_document_is_read_as_by_json_itself(document, ascii_only, indent):
    content = json.dumps(document, ensure_ascii=ascii_only, indent=indent)
    assert read(content.encode("utf-8", "surrogatepass")) == json.loads(content)


@given(st.text(alphabet='[]{},:"\\1a ', max_size=12))
def test_what_is_no_json_is_not_read_either(within):
    content = '{"items":[' + within + "]}"
    try:
        expected = json.loads(content)
    except ValueError:
        with pytest.raises((NotJson, InvalidInput)):
            read(content.encode())
    else:
        assert read(content.encode()) == expected


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"items":[1,]}', "at byte 12"),
        (b'{"items":["\xc3\xa9", nul]}', "at byte 16"),
        (b'{"items":[1, 2], "name": nul}', "at byte 25"),
        (b'{"items":["\xff"]}', "byte 11 is not UTF-8"),
        (b'{"items":[1, 2', "ends within its items"),
        (b'{"items":["a', "ends within its items"),
        (b'{"items":[1}]}', "bracket too much at byte 11"),
        (b'{"items":[1]} x', "Extra data at byte 14"),
        (b'{"items":[' + b"1" * 5_000 + b"]}", "digits"),
        (b'{"name":' * 5_000, "too deep"),
    ],
)
def test_what_is_no_json_is_said_with_its_place(content, said):
    with pytest.raises(NotJson, match=said):
        read(content)


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (b'{"items":[1],"items":[2]}', ("items",)),
        (b'{"items":[1],"name":1,"name":2}', ("name",)),
        (b'{"items":[1,"' + b"x" * 10_000 + b'"]}', ("items", 1)),
        (b'{"items":[' + b"[" * 5_000, ("items", 0)),
        (b'{"items":[1,[' + b"[]," * 2_000, ("items", 1)),
        (b'{"items":[1],"name":"' + b"x" * 2_000_000, ("body",)),
    ],
)
def test_what_is_more_than_there_may_be_is_refused_with_its_place(content, path):
    with pytest.raises(InvalidInput) as caught:
        read(content)
    assert caught.value.errors[0].path == path


def test_an_element_may_be_just_as_long_as_it_may():
    whole = b'{"items":[' + b"1" * 50 + b",2]}"
    assert read(whole, max_bytes=50) == json.loads(whole)
    with pytest.raises(InvalidInput):
        read(whole, max_bytes=49)


def test_elements_come_before_the_end_has_been_read():
    content = io.BytesIO(b'{"items":[1,' + b" " * 1_000)
    assert next(pieces(content, max_bytes=5_000)) == Element(0, 10, b"1")
    assert content.tell() < 100
