"""One attempt: sign, connect to an address that was checked, and see what is answered.

Of an answer only the head is read: nobody can keep us busy with its body.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

import httpx
import standardwebhooks

from notifier.addresses import Refused, addresses_of
from notifier.reasons import Reason, reason_of
from notifier.settings import NotifierSettings
from schemas.version import ENGINE_VERSION
from schemas.webhooks import Address

GONE = 410
# Those that say when to come back.
BUSY = (429, 503)
PORTS = {"http": 80, "https": 443}


class Verdict(StrEnum):
    """What has become of an attempt."""

    DELIVERED = "delivered"
    FAILED = "failed"
    """It may be tried again."""

    HOPELESS = "hopeless"
    """It must not be tried again."""


@dataclass(frozen=True)
class Outcome:
    """What has become of an attempt.

    Attributes:
        verdict: in a word.
        reason: in a sentence, for whoever asked for the webhook.
        not_before_s: seconds that the receiver wants to be left alone.
        detail: what only operators may know.
    """

    verdict: Verdict
    reason: str
    not_before_s: float = 0.0
    detail: str = ""

    def __str__(self) -> str:
        """What operators are told."""
        return f"{self.reason} ({self.detail})" if self.detail else self.reason


class Post:
    """Makes attempts."""

    def __init__(self, settings: NotifierSettings, *, tls: ssl.SSLContext | None = None) -> None:
        """Connect to nobody yet.

        Args:
            settings: who may be told, and how long it may take.
            tls: whom to trust; by default those whom everybody trusts, or, for receivers with
                certificates of one's own, ``SSL_CERT_FILE``.
        """
        self._settings = settings
        self._tls = httpx.create_ssl_context() if tls is None else tls

    async def send(
        self, delivery_id: str, url: str, *, body: str, secrets: Sequence[str]
    ) -> Outcome:
        """Make one attempt.

        Args:
            delivery_id: the same at every attempt.
            url: whom to tell.
            body: what to tell.
            secrets: what to sign it with, each for itself.
        """
        headers = _signed(delivery_id, body, secrets)
        try:
            # One limit for everything: limits for each read would let an answer drip for ever.
            async with asyncio.timeout(self._settings.timeout_s):
                return await self._send(httpx.URL(url), headers, body.encode())
        except (TimeoutError, httpx.TimeoutException):
            return Outcome(Verdict.FAILED, f"no answer within {self._settings.timeout_s:g} s")
        except Refused as error:
            return Outcome(Verdict.FAILED, Reason.NO_ADDRESS, detail=str(error))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            detail = f"{type(error).__name__}: {error}"
            return Outcome(Verdict.FAILED, reason_of(error), detail=detail)

    async def _send(self, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> Outcome:
        host = url.raw_host.decode("ascii")
        port = url.port or PORTS[url.scheme]
        found = await addresses_of(host, port, allowed=self._settings.allow_networks)
        for address in found[:-1]:
            try:
                return await self._send_to(address, url, headers, body, share=len(found))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                # Nothing was said yet: the next one. IPv6 is often announced and out of reach.
                continue
        return await self._send_to(found[-1], url, headers, body, share=len(found))

    async def _send_to(
        self,
        address: Address,
        url: httpx.URL,
        headers: Mapping[str, str],
        body: bytes,
        *,
        share: int,
    ) -> Outcome:
        whole = self._settings.timeout_s
        async with (
            # A client for each attempt: no cookie and no connection outlives it. Nor does a proxy
            # from the environment get to resolve the name once more.
            httpx.AsyncClient(
                verify=self._tls,
                trust_env=False,
                follow_redirects=False,
                timeout=httpx.Timeout(whole, connect=whole / share),
            ) as client,
            client.stream(
                "POST",
                # An address in the place of the name, so that nothing is left to resolve.
                url.copy_with(host=str(address)),
                headers={**headers, "Host": url.netloc.decode("ascii")},
                content=body,
                # TLS still asks for the name, and holds the certificate against it.
                extensions={"sni_hostname": url.raw_host.decode("ascii").strip("[]").rstrip(".")},
            ) as response,
        ):
            return _outcome(response.status_code, response.headers)


def _signed(delivery_id: str, body: str, secrets: Sequence[str]) -> dict[str, str]:
    now = datetime.now(UTC)
    signatures = [standardwebhooks.Webhook(one).sign(delivery_id, now, body) for one in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": f"Foldline/{ENGINE_VERSION}",
        "Accept-Encoding": "identity",
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _outcome(status: int, headers: Mapping[str, str]) -> Outcome:
    if 200 <= status < 300:
        return Outcome(Verdict.DELIVERED, f"answered {status}")
    if status == GONE:
        return Outcome(Verdict.HOPELESS, "answered 410: wants no more deliveries")
    if 300 <= status < 400:
        return Outcome(Verdict.FAILED, f"answered {status}; redirects are not followed")
    wait_s = _wait_s(headers.get("retry-after", "")) if status in BUSY else 0.0
    return Outcome(Verdict.FAILED, f"answered {status}", wait_s)


def _wait_s(retry_after: str) -> float:
    """The seconds that a Retry-After asks for; 0 if it makes no sense (RFC 9110, 10.2.3)."""
    if re.fullmatch(r"[0-9]{1,9}", retry_after):
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):  # the latter: a zone of more days than there are
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
