"""Doing what flows say, and waiting for it."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Self, TypeVar

import httpx

from foldline_client.effects import (
    Answer,
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


class Driver:
    """Does what flows say, one thing after the other. ``AsyncDriver`` is the same with await."""

    def __init__(self, place: Place, retries: int, transport: httpx.BaseTransport | None) -> None:
        """Open a pool of connections."""
        self.place = place
        self._retries = retries
        self._http = httpx.Client(**place.options, transport=transport)

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: copies of a model ask over the same connections."""
        return self

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def perform(self, flow: Flow[T]) -> T:
        """Do all of it; returns what it returns."""
        steps, outcome = persistent(flow, self._retries), None
        with closing(steps), closing(_Hands(self.place, self._http)) as hands:
            try:
                while True:
                    outcome = hands.do(steps.send(outcome))
            except StopIteration as stop:
                value: T = stop.value
                return value

    def emitted(self, flow: Flow[None]) -> Iterator[Any]:
        """Do as much of it as it takes for the items that are asked for."""
        steps, outcome = persistent(flow, self._retries), None
        with closing(steps), closing(_Hands(self.place, self._http)) as hands:
            while True:
                try:
                    effect = steps.send(outcome)
                except StopIteration:
                    return
                if isinstance(effect, Emit):
                    yield effect.item
                outcome = hands.do(effect)


class _Hands:
    """What one flow has in its hands: at most one stream."""

    def __init__(self, place: Place, http: httpx.Client) -> None:
        self._place = place
        self._http = http
        self._stream: httpx.Response | None = None
        self._pieces: Iterator[bytes] = iter(())

    def close(self) -> None:
        """Let go of the stream."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def do(self, effect: Effect) -> Answer | NoAnswer | bytes | None:
        """Do one thing; returns what came of it."""
        try:
            match effect:
                case Send(call):
                    request = self._place.request(self._http, call, call.content)
                    response = self._http.send(request)
                    return answer_of(response, response.content)
                case Open(call):
                    return self._open(self._place.request(self._http, call, call.content))
                case NextPiece():
                    return next(self._pieces, None)
                case Pause(seconds):
                    time.sleep(seconds)
        except httpx.RequestError as error:
            return no_answer(error)
        return None

    def _open(self, request: httpx.Request) -> Answer:
        self.close()
        response = self._stream = self._http.send(request, stream=True)
        if response.is_success:
            self._pieces = response.iter_bytes()
            return answer_of(response)
        return answer_of(response, response.read())
