"""Where the service is, and how requests to it look."""

import os
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from foldline_client.effects import Answer, Call, NoAnswer
from foldline_client.errors import NotConnected
from foldline_client.version import __version__

DEFAULT_URL = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Place:
    """Where the service is.

    Attributes:
        url: its address.
        api_key: what it knows us by; None where it asks for none.
        timeout_s: seconds without a sign of the service after which there is no answer.
    """

    url: str
    api_key: str | None = field(repr=False)
    timeout_s: float

    @classmethod
    def of(cls, url: str | None, api_key: str | None, timeout: float) -> "Place":
        """What is said, or else what the environment says.

        Raises:
            ValueError: the address is none of HTTP, the key none that a header can have, or the
                timeout no time.
        """
        url = url or os.environ.get("FOLDLINE_URL") or DEFAULT_URL
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"the address must begin with http:// or https://, unlike {url!r}")
        try:
            host = httpx.URL(url).host
        except httpx.InvalidURL as error:
            raise ValueError(f"{url!r} is no address: {error}") from error
        if not host:
            raise ValueError(f"{url!r} is no address: it names no host")
        api_key = api_key or os.environ.get("FOLDLINE_API_KEY") or None
        if api_key is not None and not (api_key.isascii() and api_key.isprintable()):
            raise ValueError("the API key has characters that no key has")
        if not timeout > 0:
            raise ValueError(f"the timeout must be more than 0 seconds, not {timeout!r}")
        return cls(url, api_key, timeout)

    @property
    def options(self) -> dict[str, Any]:
        """What both clients of httpx are made with."""
        headers = {"User-Agent": f"foldline-client/{__version__}"}
        if self.api_key is not None:
            headers["Authorization"] = f"Bearer {self.api_key}"
        return {"base_url": self.url, "headers": headers}

    def request(
        self,
        http: httpx.Client | httpx.AsyncClient,
        call: Call,
        content: bytes | Iterable[bytes] | AsyncIterator[bytes] | None,
    ) -> httpx.Request:
        """A call as a request of httpx.

        Raises:
            NotConnected: the client is closed.
        """
        if http.is_closed:
            raise NotConnected("the client is closed; models keep what they have downloaded")
        return http.build_request(
            call.method,
            call.path,
            params=call.params or None,
            headers=call.headers,
            content=content,
            timeout=httpx.Timeout(self.timeout_s, read=max(call.patience_s, self.timeout_s)),
        )


def answer_of(response: httpx.Response, content: bytes = b"") -> Answer:
    """A response of httpx as an answer."""
    return Answer(response.status_code, dict(response.headers), content)


def no_answer(error: httpx.RequestError) -> NoAnswer:
    """Why no answer came."""
    if isinstance(error, httpx.ReadTimeout):
        waited_s = error.request.extensions["timeout"]["read"]
        return NoAnswer(f"nothing came for {waited_s:g} s", quiet=True)
    # Those of asyncio have no words.
    return NoAnswer(str(error) or type(error).__name__)
