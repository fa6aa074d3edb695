"""Texts that are shown to others: without characters that are not shown but do something."""

from pydantic import AfterValidator, Field

from schemas.controls import CONTROL, CONTROLS


def _without_controls(text: str) -> str:
    if found := CONTROL.search(text):
        raise ValueError(
            f"must have no control characters: U+{ord(found[0]):04X} is the character "
            f"{found.start() + 1}"
        )
    return text


# What the type of such a text is annotated with.
PLAIN = (
    AfterValidator(_without_controls),
    Field(json_schema_extra={"pattern": f"^[^{CONTROLS}]*$"}),
)
