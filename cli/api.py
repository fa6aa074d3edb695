"""The API process: uvicorn with our application, settings from the environment."""

import gc
import sys

import uvicorn

from schemas.errors import Unavailable
from service.app import create_app
from service.settings import ServiceSettings
from telemetry import logs
from telemetry.settings import LogSettings

# A client that keeps an answer open does not hold up the end for longer.
GRACE_S = 3


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
    uvicorn.run(
        application,
        host=host,
        port=port,
        fd=fd,
        # None: uvicorn's lines go where ours go, in the same form.
        log_config=None,
        # The application writes a line for each request, with its id and without its query.
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )


def main() -> None:
    """``python -m cli.api FD`` or ``python -m cli.api HOST PORT``."""
    if len(sys.argv) == 2:
        run_api(fd=int(sys.argv[1]))
    else:
        run_api(host=sys.argv[1], port=int(sys.argv[2]))


if __name__ == "__main__":
    main()
