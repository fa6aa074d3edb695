"""What people call things is shown on others' screens: it must not do anything there."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas.batches import CustomId
from schemas.controls import escape_controls
from schemas.jobs import LabelKey, LabelValue, Name

TEXTS = {kind: TypeAdapter(kind) for kind in (Name, LabelKey, LabelValue, CustomId)}
DIRECTIONS = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


def does_something(character):
    """By what Unicode says of it."""
    category = unicodedata.category(character)
    direction = unicodedata.bidirectional(character)
    return category in ("Cc", "Zl", "Zp") or direction in DIRECTIONS


def problem(kind, text):
    """What is wrong with a text; empty if nothing is."""
    try:
        kind.validate_python(text)
    except ValidationError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("kind", TEXTS.values())
def test_every_character_that_does_something_is_refused_and_no_other(kind):
    for code in (*range(0x3000), *range(0x10000, 0x10200)):
        character = chr(code)
        # Marks of direction that have no width, and are letters to Unicode.
        refused = does_something(character) or character in "\u061c\u200e\u200f"
        said = problem(kind, f"a{character}b")
        assert refused is (f"U+{code:04X} is the character 2" in said), hex(code)
        assert refused is bool(said), hex(code)


def test_the_schema_says_the_same():
    pattern = TypeAdapter(Name).json_schema()["pattern"]
    for text in ("Öl 5 °C → mV", "temperature\x9b2J", "a\u202eb"):
        accepted = re.match(pattern, text) is not None
        assert accepted is not any(map(does_something, text))


@given(st.text())
def test_what_is_printed_does_nothing_but_end_lines(text):
    assert not any(map(does_something, escape_controls(text).replace("\n", "")))


def test_a_text_that_does_nothing_is_printed_as_it_is():
    assert escape_controls("Öl 5 °C → mV\n") == "Öl 5 °C → mV\n"
    assert escape_controls("\x1b[2Jgone\u202e") == "\\u001b[2Jgone\\u202e"
