"""What never changes may be kept: ETags, and no body for those who have it already."""

import hashlib
from typing import Annotated

from fastapi import Header, Response

# Private: what one client may see, a shared cache must not give to another.
CACHE_CONTROL = "private, max-age=31536000, immutable"

IfNoneMatch = Annotated[
    str | None, Header(description="ETags that the client has; 304 if this is one of them.")
]


def immutable(content: bytes, media_type: str, if_none_match: str | None) -> Response:
    """Answer with content that never changes, or with 304 to whoever has it.

    References:
        RFC 9110, sections 8.8.3 and 13.1.2; RFC 8246.
    """
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": CACHE_CONTROL, "Vary": "Accept"}
    if if_none_match is not None and _holds(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def _holds(if_none_match: str, tag: str) -> bool:
    known = (part.strip().removeprefix("W/") for part in if_none_match.split(","))
    return if_none_match.strip() == "*" or tag in known
