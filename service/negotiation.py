"""Which form of an answer the client wants: by ``?format=``, or else by its Accept header."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException


def preferred(accept: str | None, offered: Sequence[str]) -> str:
    """The offered media type that the client likes best; the first one when it does not mind.

    Args:
        accept: the Accept header, None when there is none.
        offered: media types in the order of our own preference.

    Raises:
        HTTPException: 406, none of them is acceptable.

    References:
        RFC 9110, section 12.5.1.
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = [_parse(part) for part in accept.split(",") if part.strip()]
    qualities = [_quality(media_type, ranges) for media_type in offered]
    best = max(qualities)
    if best <= 0.0:
        raise HTTPException(406, f"this is offered as {' or '.join(offered)}, not as {accept!r}")
    return offered[qualities.index(best)]


def _parse(media_range: str) -> tuple[str, float]:
    """One range of an Accept header and its quality; one that makes no sense counts as 0."""
    name, *parameters = (part.strip().lower() for part in media_range.split(";"))
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                quality = 0.0
    return name, quality if 0.0 <= quality <= 1.0 else 0.0


def _quality(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The quality the most specific matching range gives to a media type; 0 when none matches."""
    family = media_type.partition("/")[0]
    for name in (media_type, f"{family}/*", "*/*"):
        matching = [quality for other, quality in ranges if other == name]
        if matching:
            return max(matching)
    return 0.0
