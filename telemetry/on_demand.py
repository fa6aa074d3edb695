"""The log of a process that hardly ever writes a line, and is to start fast."""

import logging
from importlib import import_module


class _FirstLine(logging.Handler):
    """Sets up the log when there is a line to write, and hands it on."""

    def emit(self, record: logging.LogRecord) -> None:
        # What gives lines their form takes a third of the time that the engine takes to load.
        settings = import_module("telemetry.settings").LogSettings()
        import_module("telemetry.logs").configure(settings)
        if logging.getLogger(record.name).isEnabledFor(record.levelno):
            logging.getLogger().handle(record)


def configure_on_demand() -> None:
    """Write the log as the environment says, as ``logs.configure`` does, from its first line on."""
    root = logging.getLogger()
    root.handlers = [_FirstLine()]
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
