"""Options that several commands share: declared once, as the fields of a dataclass."""

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from inspect import Parameter
from typing import Any, get_type_hints


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the fields of its dataclasses as options of its own.

    A parameter whose type is a dataclass is replaced by a parameter for each field, with its
    annotation and default, as typer reads them. The command is called with the dataclass.
    """
    hints = get_type_hints(command, include_extras=True)
    shared: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}

    @functools.wraps(command)
    def called(**given: Any) -> None:  # noqa: ANN401  # whatever typer has read
        for name, kind in shared.items():
            values = {field.name: given.pop(field.name) for field in fields(kind)}
            given[name] = kind(**values)
        command(**given)

    parameters = list(_parameters(command, hints))
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {found.name: found.annotation for found in parameters}
    return called


def _parameters(command: Callable[..., None], hints: dict[str, Any]) -> Iterator[Parameter]:
    for name, own in inspect.signature(command).parameters.items():
        kind = hints[name]
        if not is_dataclass(kind):
            yield own.replace(kind=Parameter.KEYWORD_ONLY, annotation=kind)
            continue
        types = get_type_hints(kind, include_extras=True)
        for field in fields(kind):
            yield Parameter(
                field.name,
                Parameter.KEYWORD_ONLY,
                default=field.default,
                annotation=types[field.name],
            )
