"""Lists as one writes them in the environment: with commas. For settings alone."""

from typing import Annotated

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

from schemas.webhooks import Network


def split(value: object) -> object:
    """The parts of a text with commas; what is no text stays as it is."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Networks = Annotated[list[Network], NoDecode, BeforeValidator(split)]
