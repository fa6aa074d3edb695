"""Where a host is, and whether we may go there.

Whoever registers a webhook chooses a name, and whoever owns the name chooses what it resolves to:
without a check they could have us talk to machines that only we can reach. So names are resolved
here, once for each attempt, and the connection is made to what was checked.
"""

import asyncio
import socket
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from ipaddress import ip_address

from schemas.webhooks import Address, Network, is_public


class Refused(Exception):
    """We may not, or cannot, go to a host; the message says why, for operators only."""


async def addresses_of(host: str, port: int, *, allowed: Iterable[Network]) -> list[Address]:
    """Every address of a host, the preferred first.

    Args:
        host: a name or an address.
        port: what it is to be asked at.
        allowed: networks that are as good as public.

    Raises:
        Refused: it has none, or one of them is neither public nor allowed.
    """
    try:
        found = await _look_up(host, port)
    except (OSError, UnicodeError) as error:
        raise Refused(f"{host} cannot be resolved: {error}") from error
    networks = tuple(allowed)
    for address in found:
        # All of them: a name with a public address beside a private one means no good.
        if not is_public(address, allowed=networks):
            raise Refused(f"{host} is at {address}, which is not a public address")
    if not found:
        raise Refused(f"{host} has no address")
    return found


async def _look_up(host: str, port: int) -> list[Address]:
    answer: Future[list[Address]] = Future()
    answer.set_running_or_notify_cancel()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.set_result(list(dict.fromkeys(ip_address(entry[4][0]) for entry in found)))
        except (OSError, ValueError) as error:
            answer.set_exception(error)

    # A thread of its own that nobody waits for: a resolver without an answer takes longer than an
    # attempt may, and than leaving may.
    threading.Thread(target=ask, name="resolver", daemon=True).start()
    return await asyncio.wrap_future(answer)
