"""Every form in one place: what its file is called, what it is, and who makes it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from exports.c_source.c_files import Code
from exports.c_source.c_words import MAX_NAME, may_be_called
from exports.c_source.fixed_network import fixed_network
from exports.c_source.fixed_table import fixed_table
from exports.c_source.float_network import float_network
from exports.c_source.float_table import float_table
from exports.safetensors_file import to_safetensors
from exports.subject import Subject
from schemas.errors import FieldError, InvalidInput
from schemas.exports import Arithmetic, NetworkFormat, TableFormat
from schemas.network import Extrapolation, Network, check_outside

JSON = "application/json"
ZIP = "application/zip"
# In the order of our preference.
NETWORK_TYPES = {
    NetworkFormat.JSON: JSON,
    NetworkFormat.ONNX: "application/x-onnx",
    NetworkFormat.SAFETENSORS: "application/x-safetensors",
    NetworkFormat.PT2: "application/x-pt2",
    NetworkFormat.C: ZIP,
}
TABLE_TYPES = {
    TableFormat.JSON: JSON,
    TableFormat.CSV: "text/csv",
    TableFormat.NPY: "application/x-npy",
    TableFormat.C: ZIP,
}

# From a network, and what the file says of it, to the file.
TorchProgram = Callable[[Network, Mapping[str, str]], bytes]

_NETWORK_CODE = {Arithmetic.FLOAT: float_network, Arithmetic.FIXED: fixed_network}
_TABLE_CODE = {Arithmetic.FLOAT: float_table, Arithmetic.FIXED: fixed_table}


@dataclass(frozen=True)
class CChoice:
    """What can be chosen of C code; what is not given is chosen by us.

    Attributes:
        arithmetic: what it computes with.
        name: of the function and the files.
    """

    arithmetic: Arithmetic | None = None
    name: str | None = None


def network_file(
    subject: Subject, form: NetworkFormat, choice: CChoice, *, program: TorchProgram
) -> bytes:
    """The network in a form.

    Args:
        subject: the model.
        form: which form.
        choice: for C.
        program: who makes exported programs of torch, which is not loaded here.

    Raises:
        InvalidInput: something is chosen that this form has not, or cannot be.
    """
    _check(form is NetworkFormat.C, choice)
    # Integers have scales of their own.
    if choice.arithmetic is not Arithmetic.FIXED:
        check_outside(subject.network)
    match form:
        case NetworkFormat.JSON:
            return subject.network_document().model_dump_json().encode() + b"\n"
        case NetworkFormat.ONNX:
            # With the first one: onnx is a tenth of what an API process takes to start.
            written: bytes = import_module("exports.onnx_file").to_onnx(subject)
            return written
        case NetworkFormat.SAFETENSORS:
            return to_safetensors(subject)
        case NetworkFormat.C:
            return _code(subject, choice, of_table=False).archive()
        case NetworkFormat.PT2:
            return program(subject.network, subject.facts())


def table_file(subject: Subject, form: TableFormat, choice: CChoice) -> bytes:
    """The breakpoint table in a form.

    Raises:
        InvalidInput: something is chosen that this form has not, or cannot be.
    """
    if subject.extrapolate is Extrapolation.NETWORK:
        detail = "must be linear or clamp: a table knows nothing of the network outside its rows"
        raise InvalidInput(FieldError(path=("extrapolate",), detail=detail))
    _check(form is TableFormat.C, choice)
    if form is TableFormat.C:
        return _code(subject, choice, of_table=True).archive()
    table = subject.table.extrapolated(subject.extrapolate)
    match form:
        case TableFormat.JSON:
            return subject.table_document().model_dump_json().encode() + b"\n"
        case TableFormat.CSV:
            return table.to_csv().encode()
        case TableFormat.NPY:
            return table.to_npy()


def _code(subject: Subject, choice: CChoice, *, of_table: bool) -> Code:
    makers = _TABLE_CODE if of_table else _NETWORK_CODE
    name = choice.name or function_name(subject)
    return makers[choice.arithmetic or Arithmetic.FLOAT](subject, name)


def function_name(subject: Subject) -> str:
    """A name for a function, made from that of the model; or from its id, if it has none."""
    words = re.sub(r"[^A-Za-z0-9]+", "_", subject.model.name or "").strip("_")[:MAX_NAME]
    words = words.lower()
    if may_be_called(words):
        return words
    return f"foldline_{subject.model.id[:8]}"


def _check(is_c: bool, choice: CChoice) -> None:
    """Refuse choices of C code for anything else, and names that no function may have."""
    errors = []
    if not is_c:
        given = {"arithmetic": choice.arithmetic, "name": choice.name}
        errors = [
            FieldError(path=(field,), detail="is for format=c")
            for field, value in given.items()
            if value is not None
        ]
    elif choice.name is not None and not may_be_called(choice.name):
        detail = (
            "must be the name of a C function: a letter, then letters, digits and underscores, "
            f"{MAX_NAME} in all, and none that means something already in C or C++, or in the code"
        )
        errors = [FieldError(path=("name",), detail=detail)]
    if errors:
        raise InvalidInput(*errors)
