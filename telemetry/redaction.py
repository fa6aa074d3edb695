"""Secrets do not belong in a log, whoever puts them there."""

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "***"
# Members of a log entry that are secrets by their name.
_NAMES = frozenset({"authorization", "password", "secret", "token", "api_key"})
# What secrets look like in a text. Limited lengths, because a client's text is searched, too.
_PATTERNS = (
    # The password of an address, to the last @ before a space: a careless password may have one.
    (re.compile(r"(://[^\s/@:]{0,256}):\S{1,512}@"), rf"\1:{HIDDEN}@"),
    # The same in the query, where redis clients take it.
    (re.compile(r"([?&]password=)[^\s&'\"]+"), rf"\1{HIDDEN}"),
    (re.compile(r"\b([Bb]earer|[Bb]asic) [\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    # How webhook secrets begin.
    (re.compile(r"\bwhsec_[\w+/=-]+"), f"whsec_{HIDDEN}"),
)


def redacted(text: str) -> str:
    """The text without the secrets that can be told by their look."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def without_secrets(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A log entry without secrets: neither by name nor by look."""
    return {
        name: HIDDEN if name.lower() in _NAMES else _shown(value) for name, value in entry.items()
    }


def _shown(value: object) -> object:
    return redacted(value) if isinstance(value, str) else value
