"""The forms in which networks, tables and samples are delivered, and what can be chosen of them."""

from enum import StrEnum


class NetworkFormat(StrEnum):
    """The forms of a network."""

    JSON = "json"
    ONNX = "onnx"
    SAFETENSORS = "safetensors"
    PT2 = "pt2"
    """An exported program of torch."""

    C = "c"


class TableFormat(StrEnum):
    """The forms of a breakpoint table."""

    JSON = "json"
    CSV = "csv"
    NPY = "npy"
    C = "c"


class SamplesFormat(StrEnum):
    """The forms of samples."""

    JSON = "json"
    CSV = "csv"
    NPY = "npy"


class Arithmetic(StrEnum):
    """What C code computes with."""

    FLOAT = "float"
    """The number format of the network."""

    FIXED = "fixed"
    """Integers: 16 bits in, 32 bits out."""
