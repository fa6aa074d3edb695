"""What pydantic finds wrong with a document, in words for whoever wrote that."""

from collections.abc import Mapping
from typing import Any

# Where it says what is wrong but not what would be right, or says it in a programmer's words. What
# is in braces is of the entry's context.
_REMEDIES = {
    "extra_forbidden": "is not a field here; /docs lists the fields",
    "missing": "is missing",
    "finite_number": "must be a finite number: neither NaN nor infinite",
    "model_attributes_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "list_type": "must be a JSON array",
    "too_short": "has {actual_length} value(s), and needs at least {min_length}",
    "too_long": "has too many values: at most {max_length}",
    "string_too_short": "must have at least {min_length} character(s)",
    "string_too_long": "must have at most {max_length} characters",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
}


def said(entry: Mapping[str, Any]) -> str:
    """An entry of ``ValidationError.errors()``, with its context, as a sentence without subject."""
    if remedy := _REMEDIES.get(entry["type"]):
        limits = {name: _plain(value) for name, value in entry.get("ctx", {}).items()}
        return remedy.format(**limits)
    # It says so before every message of ours.
    return str(entry["msg"]).removeprefix("Value error, ")


def _plain(limit: object) -> object:
    """Limits of floats are whole numbers in most cases, and read as such."""
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit
