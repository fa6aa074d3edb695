"""Webhooks: whom to tell when something has ended, and which addresses may be told at all."""

import re
import socket
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, field_validator

from schemas.strict import Document

MAX_URL_LENGTH = 2000
MAX_HOST_LENGTH = 253

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# What may be in a URL, RFC 3986.
_URL = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
# RFC 1123, and the underscore that some have all the same; a dot at the end is the root.
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_-]{1,63}\.?", re.I)

# Not global unicast, though Python 3.11 says so: carrier-grade NAT (RFC 6598), IETF protocols
# (RFC 6890), the old relays of 6to4 (RFC 7526).
_SPECIAL_V4 = tuple(map(IPv4Network, ("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24")))
# Whatever is public in IPv6 is in here (RFC 4291), but not all of it: documentation (RFC 9637).
_UNICAST_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = (IPv6Network("3fff::/20"),)
# An IPv4 address is the end of these: NAT64 (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")


class WebhookEvent(StrEnum):
    """What one can be told of."""

    JOB_SUCCEEDED = "job.succeeded"
    JOB_FAILED = "job.failed"
    JOB_CANCELLED = "job.cancelled"
    BATCH_COMPLETED = "batch.completed"
    BATCH_CANCELLED = "batch.cancelled"


def _checked_url(url: str) -> str:
    """Refuse a URL that nobody could be told at.

    What its host resolves to is looked at when it is told, and every time anew.
    """
    if not _URL.fullmatch(url):
        raise ValueError(
            "has a character that no URL may have; write a host in other letters as xn--..., and "
            "everything else that is not ASCII with percent signs"
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"is no URL: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("must begin with https:// or http://")
    if "@" in parts.netloc:
        raise ValueError(
            "must have no user and no password; deliveries are signed, so the receiver knows us"
        )
    if not host or not _is_host(host, bracketed="[" in parts.netloc):
        raise ValueError("must name a host, for example https://example.com/hook")
    if port == 0:
        raise ValueError("must have a port from 1 to 65535, or none")
    return url


def _is_host(host: str, *, bracketed: bool) -> bool:
    if not bracketed:
        return len(host) <= MAX_HOST_LENGTH and _HOST.fullmatch(host) is not None
    try:
        # A zone is this machine's own name for a network card.
        return ip_address(host).version == 6 and "%" not in host
    except ValueError:
        return False


WebhookUrl = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_URL_LENGTH),
    AfterValidator(_checked_url),
]


class Webhook(Document):
    """Whom to tell, and of what."""

    url: WebhookUrl = Field(
        description="Where to POST to, https:// or http://; a host on the public internet, unless "
        "the operator allows others. Signed as Standard Webhooks has it."
    )
    events: (
        Annotated[
            list[WebhookEvent],
            Field(
                min_length=1,
                max_length=len(WebhookEvent),
                fail_fast=True,
                json_schema_extra={"uniqueItems": True},
            ),
        ]
        | None
    ) = Field(default=None, description="What to tell of; everything unless it is given.")

    @field_validator("events")
    @classmethod
    def _each_once(cls, events: list[WebhookEvent] | None) -> list[WebhookEvent] | None:
        if events is not None and len(set(events)) < len(events):
            raise ValueError("names an event twice; once is enough")
        return events

    @property
    def address(self) -> Address | None:
        """The address that the URL has in the place of a name, in any form that leads there."""
        try:
            # Asks nobody, and reads 127.1 and 0x7f000001 as it is read when the webhook is told.
            found = socket.getaddrinfo(
                urlsplit(self.url).hostname, None, flags=socket.AI_NUMERICHOST
            )
        except OSError:
            return None
        return ip_address(found[0][4][0])

    def wants(self, event: WebhookEvent) -> bool:
        """Whether this is to be told of."""
        return self.events is None or event in self.events


class DeliveryStatus(StrEnum):
    """Where a delivery is; the last two are final."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class WebhookDelivery(Document):
    """What has become of telling the receiver."""

    status: DeliveryStatus
    attempts: int = Field(default=0, description="How often it was tried.")
    last_error: str | None = Field(
        default=None, description="What went wrong at the last attempt, if something did."
    )
    last_attempt_at: datetime | None = Field(
        default=None, description="When the last attempt ended."
    )
    next_attempt_at: datetime | None = Field(
        default=None,
        description="When it is tried next, as long as it is pending; in the past while that try "
        "is due or under way.",
    )


class WebhookSecret(Document):
    """What deliveries are signed with."""

    secret: str = Field(
        description="`whsec_` and 32 bytes in base64, as the libraries of Standard Webhooks take "
        "it. Whoever knows it can forge deliveries."
    )
    former_until: datetime | None = Field(
        default=None,
        description="Until when deliveries are signed with the secret before as well; null if they "
        "are not.",
    )


def is_public(address: Address, *, allowed: Iterable[Network] = ()) -> bool:
    """Whether anybody on the internet may be meant by an address; or it is in an allowed network.

    An IPv6 address with IPv4 addresses in it leads to those, so that they count.
    """
    networks = tuple(allowed)
    if any(address in network for network in networks):
        return True
    embedded = _embedded(address)
    if embedded:
        return all(is_public(inner, allowed=networks) for inner in embedded)
    if address.is_multicast or not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return not address.is_reserved and not any(address in special for special in _SPECIAL_V4)
    return address in _UNICAST_V6 and not any(address in special for special in _SPECIAL_V6)


def _embedded(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address is made of, if it is."""
    if isinstance(address, IPv4Address):
        return ()
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFF_FFFF),)
    return ()
