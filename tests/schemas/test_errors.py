"""Field errors: the path as people write it, and as a JSON pointer."""

from schemas.errors import FieldError, InvalidInput


def test_a_path_is_written_with_dots_and_as_a_pointer():
    error = FieldError(path=("samples", "x", 3), detail="is wrong")
    assert error.field == "samples.x.3"
    assert error.pointer == "/samples/x/3"


def test_pointers_escape_slashes_and_tildes():
    assert FieldError(path=("a/b", "~"), detail="").pointer == "/a~1b/~0"


def test_the_whole_document_has_the_empty_pointer():
    error = FieldError(path=(), detail="is wrong")
    assert error.pointer == ""
    assert str(InvalidInput(error)) == "is wrong"


def test_the_message_lists_all_fields():
    errors = [FieldError(path=(name,), detail="is wrong") for name in ("x", "y")]
    assert str(InvalidInput(*errors)) == "x: is wrong; y: is wrong"
