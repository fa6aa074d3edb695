"""Labels in an address: written in the same way where they are given and where they are sought."""

from collections.abc import Iterable

from schemas.errors import FieldError, InvalidInput


def labels_of(pairs: Iterable[str]) -> dict[str, str]:
    """What parameters ``metadata=key:value`` say; only the first colon counts.

    Raises:
        InvalidInput: one has no colon, or a key is there twice.
    """
    labels: dict[str, str] = {}
    for pair in pairs:
        key, colon, value = pair.partition(":")
        if not colon:
            raise _wrong(f"is {pair!r}; give key:value")
        if key in labels:
            raise _wrong(f"has the key {key!r} twice; give it once")
        labels[key] = value
    return labels


def _wrong(detail: str) -> InvalidInput:
    return InvalidInput(FieldError(path=("metadata",), detail=detail))
