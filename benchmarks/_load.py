"""A client that asks an HTTP server as fast as it answers, or at a given rate, and takes times.

It speaks just enough HTTP/1.1 over connections that stay open to cost the machine little: client
and server share its cores.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from schemas.samples import FloatArray


@dataclass(frozen=True)
class Load:
    """What became of many requests.

    Attributes:
        seconds: from the first request to the last answer.
        latencies_s: of each answered request, [N]; from when it was due, if they were due.
        statuses: how many answers of each HTTP status.
    """

    seconds: float
    latencies_s: FloatArray
    statuses: dict[int, int]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies_s) / self.seconds

    def percentile_ms(self, percent: float) -> float:
        """So many percent of the answers took no longer than this."""
        return float(np.percentile(self.latencies_s, percent)) * 1e3


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """A request as it goes over the wire; a body is JSON."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    if body:
        head += "Content-Type: application/json\r\n"
    return f"{head}\r\n".encode() + body


def ask_all(
    port: int, requests: Sequence[bytes], *, connections: int, per_second: float | None = None
) -> Load:
    """Send every request once.

    Args:
        port: of the server on this machine.
        requests: as ``request`` makes them.
        connections: that are open at once; each waits for its answer before it asks again.
        per_second: when they are due; None: as fast as the server answers. A request that is due
            while all connections wait counts its own waiting, too.
    """
    return asyncio.run(_ask_all(port, requests, connections, per_second))


async def _ask_all(
    port: int, requests: Sequence[bytes], connections: int, per_second: float | None
) -> Load:
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    began = time.perf_counter()
    due = enumerate(requests)
    latencies: list[float] = []
    statuses: dict[int, int] = {}

    async def keep_asking(
        due: Iterator[tuple[int, bytes]], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        for number, content in due:
            start = time.perf_counter()
            if per_second is not None:
                at = began + number / per_second
                await asyncio.sleep(max(0.0, at - start))
                start = at
            writer.write(content)
            status = await _status_of_answer(reader)
            latencies.append(time.perf_counter() - start)
            statuses[status] = statuses.get(status, 0) + 1

    try:
        await asyncio.gather(*(keep_asking(due, *pair) for pair in opened))
        seconds = time.perf_counter() - began
    finally:
        for _, writer in opened:
            writer.close()
    return Load(seconds, np.array(latencies), statuses)


async def _status_of_answer(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])
