"""Doing what flows say, with await."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, closing
from typing import Any, Self, TypeVar

import httpx

from foldline_client.effects import (
    Answer,
    Call,
    Effect,
    Emit,
    Flow,
    NextPiece,
    NoAnswer,
    Open,
    Pause,
    Send,
)
from foldline_client.place import Place, answer_of, no_answer
from foldline_client.retries import persistent

T = TypeVar("T")


class AsyncDriver:
    """Does what flows say, one thing after the other. ``Driver`` is the same without await."""

    def __init__(
        self, place: Place, retries: int, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        """Open a pool of connections."""
        self.place = place
        self._retries = retries
        self._http = httpx.AsyncClient(**place.options, transport=transport)

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: copies of a model ask over the same connections."""
        return self

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def perform(self, flow: Flow[T]) -> T:
        """Do all of it; returns what it returns."""
        steps, outcome = persistent(flow, self._retries), None
        async with aclosing(_Hands(self.place, self._http)) as hands:
            with closing(steps):
                while True:
                    try:
                        effect = steps.send(outcome)
                    except StopIteration as stop:
                        value: T = stop.value
                        return value
                    outcome = await hands.do(effect)

    async def emitted(self, flow: Flow[None]) -> AsyncIterator[Any]:
        """Do as much of it as it takes for the items that are asked for."""
        steps, outcome = persistent(flow, self._retries), None
        async with aclosing(_Hands(self.place, self._http)) as hands:
            with closing(steps):
                while True:
                    try:
                        effect = steps.send(outcome)
                    except StopIteration:
                        return
                    if isinstance(effect, Emit):
                        yield effect.item
                    outcome = await hands.do(effect)


class _Hands:
    """What one flow has in its hands: at most one stream."""

    def __init__(self, place: Place, http: httpx.AsyncClient) -> None:
        self._place = place
        self._http = http
        self._stream: httpx.Response | None = None
        self._pieces: AsyncIterator[bytes] = _each(())

    async def aclose(self) -> None:
        """Let go of the stream."""
        if self._stream is not None:
            await self._stream.aclose()
            self._stream = None

    async def do(self, effect: Effect) -> Answer | NoAnswer | bytes | None:
        """Do one thing; returns what came of it."""
        try:
            match effect:
                case Send(call):
                    response = await self._http.send(self._request(call))
                    return answer_of(response, response.content)
                case Open(call):
                    return await self._open(self._request(call))
                case NextPiece():
                    return await anext(self._pieces, None)
                case Pause(seconds):
                    await asyncio.sleep(seconds)
        except httpx.RequestError as error:
            return no_answer(error)
        return None

    async def _open(self, request: httpx.Request) -> Answer:
        await self.aclose()
        response = self._stream = await self._http.send(request, stream=True)
        if response.is_success:
            self._pieces = response.aiter_bytes()
            return answer_of(response)
        return answer_of(response, await response.aread())

    def _request(self, call: Call) -> httpx.Request:
        if call.content is None or isinstance(call.content, bytes):
            return self._place.request(self._http, call, call.content)
        return self._place.request(self._http, call, _each(call.content))


async def _each(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
