"""What is said in an address: which thing is meant, and the parameters of a query."""

from collections.abc import Collection, Mapping
from datetime import datetime
from urllib.parse import quote

from foldline_client.documents.batches import Batch
from foldline_client.documents.jobs import Job
from foldline_client.documents.models import Model
from foldline_client.effects import Params


def quoted_id(thing: str | Job | Batch | Model, kind: type[Job | Batch | Model]) -> str:
    """The id of a thing as a part of a path; it may be given as such.

    Raises:
        TypeError, ValueError: it is no thing of this kind, and no id.
    """
    identity = thing.id if isinstance(thing, kind) else thing
    if not isinstance(identity, str):
        raise TypeError(f"a {kind.__name__} or its id is needed, not {thing!r}")
    if not identity:
        raise ValueError(f"a {kind.__name__} or its id is needed, and this id is empty")
    return quote(identity, safe="")


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
        case Collection() if not isinstance(value, str):
            return [str(entry) for entry in value]
        case _:
            return str(value)


def _label(key: str, value: str) -> str:
    if ":" in key:
        raise ValueError(f"the label {key!r} has a colon, which ends a key in an address")
    return f"{key}:{value}"
