"""The sockets that API processes listen on."""

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

BACKLOG = 128


class ListenError(Exception):
    """The address cannot be listened on; the message says why."""


@contextmanager
def open_listeners(host: str, port: int, count: int) -> Iterator[list[socket.socket]]:
    """A listening socket for each of several processes, all at one address.

    They are opened here, so that they outlive a process that dies: who connects meanwhile waits.
    Each process has one of its own, because of several that share one the idlest takes connections
    until it no longer is, and with them all that is ever asked over them. Linux spreads connections
    evenly over sockets; elsewhere one takes them all, so there the processes share it.

    Args:
        host: the address.
        port: its port; 0 for a free one.
        count: how many processes.

    Raises:
        ListenError: the address cannot be listened on.
    """
    with ExitStack() as stack:
        # Alone first: to sockets that may be shared, those of another service could join.
        alone = stack.enter_context(_listen(host, port))
        if count == 1 or sys.platform != "linux":
            yield [alone] * count
            return
        port = alone.getsockname()[1]
        alone.close()
        yield [stack.enter_context(_listen(host, port, shared=True)) for _ in range(count)]


def _listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server(
            (host, port), family=family, backlog=BACKLOG, reuse_port=shared
        )
    except OSError as error:
        raise ListenError(
            f"cannot listen on {host} port {port}: {error.strerror}. "
            "Choose another --port, or --port 0 for a free one."
        ) from error
    # asyncio does this for sockets it opens itself, not for one it is handed; connections inherit
    # it. Without it every answer waits 40 ms for the client's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
