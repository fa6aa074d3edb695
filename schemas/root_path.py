"""The path that a proxy puts before every address of the service: its prefix."""

import re
from typing import Annotated

from pydantic import AfterValidator

_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")


def is_prefix(path: str) -> bool:
    """Whether a path can be a prefix: begins with a slash, ends without one, needs no escapes."""
    return _PREFIX.fullmatch(path) is not None and not {".", ".."} & set(path.split("/"))


def _checked(path: str) -> str:
    path = path.rstrip("/")
    if path and not is_prefix(path):
        raise ValueError(
            f"{path!r} is no prefix: begin it with a slash and write it as it is in addresses, as "
            "in /foldline"
        )
    return path


RootPath = Annotated[str, AfterValidator(_checked)]
