"""The API process: uvicorn with our application, settings from the environment."""

import asyncio
import gc
import socket
import sys
from contextlib import suppress

import uvicorn

from schemas.errors import Unavailable
from service.app import create_app
from service.connections import Connection
from service.leaving import Leaving
from service.settings import ServiceSettings
from telemetry import logs
from telemetry.settings import LogSettings

# A client that keeps an answer open does not hold up the end for longer.
GRACE_S = 3
# What has no answer by then has so long to say so.
LAST_WORDS_S = 1


def run_api(*, host: str = "127.0.0.1", port: int = 8000, fd: int | None = None) -> None:
    """Serve until a signal asks to stop.

    Args:
        host: the address to listen on.
        port: the port to listen on.
        fd: an open listening socket to serve instead.
    """
    try:
        logs.configure(LogSettings())
        application = create_app(ServiceSettings())
        # What is there from the start stays to the end: a collection that looks through all of it
        # again and again keeps everybody waiting.
        gc.freeze()
    except (Unavailable, ValueError) as error:
        sys.exit(f"Error: {error}")
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        fd=fd,
        http=Connection,
        # None: uvicorn's lines go where ours go, in the same form.
        log_config=None,
        # The application writes a line for each request, with its id and without its query.
        access_log=False,
        server_header=False,
        # The application does it: it has to know who the proxy is.
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    # Ctrl-C is a way to ask it to leave.
    with suppress(KeyboardInterrupt):
        _Server(config, application.state.resources.leaving).run()


class _Server(uvicorn.Server):
    """Tells the application that it is asked to leave while it still answers.

    The end of its lifespan comes after the last answer: whoever waits would be waited for.
    """

    def __init__(self, config: uvicorn.Config, leaving: Leaving) -> None:
        super().__init__(config)
        self._leaving = leaving

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._leaving.begin()
        await super().shutdown(sockets)
        # Those that were cancelled when the grace was over. Soon the signal comes again, and kills.
        if unfinished := set(self.server_state.tasks):
            await asyncio.wait(unfinished, timeout=LAST_WORDS_S)


def main() -> None:
    """``python -m cli.api FD`` or ``python -m cli.api HOST PORT``."""
    if len(sys.argv) == 2:
        run_api(fd=int(sys.argv[1]))
    else:
        run_api(host=sys.argv[1], port=int(sys.argv[2]))


if __name__ == "__main__":
    main()
