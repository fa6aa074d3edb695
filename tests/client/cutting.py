"""A network that breaks: connections to the service are cut after so many bytes of its answers."""

import itertools
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

BUFFER = 4096


class CuttingProxy:
    """Stands before a service.

    Attributes:
        url: its own address.
        cuts: how many connections it has cut.
    """

    def __init__(self, url: str, bytes_until_cut: Sequence[int]) -> None:
        """Begin to listen.

        Args:
            url: of the service.
            bytes_until_cut: of the first connection, of the second, ...; and again from the first.
        """
        self._target = (urlsplit(url).hostname, urlsplit(url).port)
        self._budgets = itertools.cycle(bytes_until_cut)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                budget = next(self._budgets)
                threading.Thread(target=self._up, args=(near, far), daemon=True).start()
                threading.Thread(target=self._down, args=(far, near, budget), daemon=True).start()

    def _up(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while piece := near.recv(BUFFER):
                far.sendall(piece)
            far.shutdown(socket.SHUT_RDWR)

    def _down(self, far: socket.socket, near: socket.socket, budget: int) -> None:
        with far, near, suppress(OSError):
            while piece := far.recv(BUFFER):
                near.sendall(piece[:budget])
                budget -= len(piece)
                if budget <= 0:
                    self.cuts += 1
                    break
            near.shutdown(socket.SHUT_RDWR)
