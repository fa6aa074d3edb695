"""What is said in an address."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from foldline_client.effects import Params


def query(said: Mapping[str, object]) -> Params:
    """Arguments of Python as parameters of a query; None is not said.

    Raises:
        ValueError: a label that cannot be said there.
    """
    return {name: _parameter(value) for name, value in said.items() if value is not None}


def _parameter(value: object) -> str | list[str]:
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat()
        case Mapping():
            return [_label(key, label) for key, label in value.items()]
        case Sequence() if not isinstance(value, str):
            return [str(entry) for entry in value]
        case _:
            return str(value)


def _label(key: str, value: str) -> str:
    if ":" in key:
        raise ValueError(f"the label {key!r} has a colon, which ends a key in an address")
    return f"{key}:{value}"
