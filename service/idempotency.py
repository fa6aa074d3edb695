"""``Idempotency-Key``: a request that is sent twice is done once."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from fastapi import Header, Request, Response
from starlette.concurrency import run_in_threadpool

from schemas.errors import FieldError, InProgress, InvalidInput, QueueFull, Unavailable
from storage.idempotency import LEASE_S, IdempotencyKeys, Standing

MAX_LENGTH = 255
_KEPT_HEADERS = ("location", "content-type", "preference-applied")

IdempotencyKey = Annotated[
    str | None,
    Header(
        description="Any text of yours, at most 255 characters. The same request with the same key "
        "gets the first one's answer again, for 24 hours, and is done only once.",
        # Said here and checked below, which names the header as it is written.
        json_schema_extra={"minLength": 1, "maxLength": MAX_LENGTH},
    ),
]


async def idempotently(
    request: Request,
    key: str | None,
    keys: IdempotencyKeys,
    make: Callable[[str], Awaitable[Response]],
    *,
    tenant: str,
    new_id: str,
    body_sha256: str | None = None,
) -> Response:
    """Answer a request, or give the answer that its key got before.

    Args:
        request: whose body and address tell whether it is the same.
        key: its Idempotency-Key, if it has one.
        keys: what was answered before.
        make: makes what is asked, under the id it is given, and the answer. Called again under
            the same id if a first try died, it must not make it twice.
        tenant: whose key it is.
        new_id: the id of what is made.
        body_sha256: of the body, if it has been read as a stream.

    Raises:
        InvalidInput: no such key is possible, or it was used for something else.
        InProgress: the first request with this key is still being answered.
    """
    if key is None:
        return await make(new_id)
    if not (0 < len(key) <= MAX_LENGTH and key.isprintable()):
        raise _wrong(f"must have 1 to {MAX_LENGTH} printable characters")
    # A tenant has no space in its name.
    key = f"{tenant} {key}"
    body_sha256 = body_sha256 or hashlib.sha256(await request.body()).hexdigest()
    fingerprint = _fingerprint(request, body_sha256)
    known = await run_in_threadpool(keys.begin, key, fingerprint=fingerprint, new_id=new_id)
    match known.standing:
        case Standing.OTHER:
            raise _wrong("was used for another request; take a new key for a new request")
        case Standing.BUSY:
            raise InProgress("the first request with this Idempotency-Key is still being answered")
        case Standing.ANSWERED:
            return _from_text(known.content)
    try:
        async with _kept(key, known.owner, keys):
            response = await make(known.content)
    except (InvalidInput, QueueFull):
        # Refused for certain.
        with suppress(Unavailable):
            await run_in_threadpool(keys.forget, key)
        raise
    except Exception:
        # It may have been made all the same, as when the broker answers too late: then the next
        # try must find it under its id.
        with suppress(Unavailable):
            await run_in_threadpool(keys.release, key, known.owner)
        raise
    # It is done, and true, also if it cannot be kept: whoever asks again makes it again, as it is.
    with suppress(Unavailable):
        await run_in_threadpool(keys.answer, key, _to_text(response))
    return response


@asynccontextmanager
async def _kept(key: str, owner: str, keys: IdempotencyKeys) -> AsyncIterator[None]:
    """Keep the key for as long as the answer takes."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(LEASE_S / 3)
            with suppress(Unavailable):
                await run_in_threadpool(keys.renew, key, owner)

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()


def _wrong(detail: str) -> InvalidInput:
    return InvalidInput(FieldError(path=("Idempotency-Key",), detail=detail))


def _fingerprint(request: Request, body_sha256: str) -> str:
    # Neither host nor charset: a retry may come by another way.
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    asked = [request.method, request.url.path, request.url.query, kind, body_sha256]
    return hashlib.sha256("\n".join(asked).encode()).hexdigest()


def _to_text(response: Response) -> str:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    body = bytes(response.body).decode()
    return json.dumps({"status": response.status_code, "headers": headers, "body": body})


def _from_text(text: str) -> Response:
    kept = json.loads(text)
    headers = kept["headers"] | {"idempotent-replayed": "true"}
    return Response(kept["body"], kept["status"], headers=headers)
