"""The log: one JSON object a line, or text for people, of whatever any library says.

Everybody writes with the standard library's ``logging``; only how a line looks is decided here.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars

from telemetry.redaction import without_secrets
from telemetry.settings import LogFormat, LogSettings

# Their lines name the addresses they call, and the address of a webhook may be a secret.
_TOO_TALKATIVE = ("httpx", "httpcore")
_FIRST = ("timestamp", "level", "logger", "event")
_Entry = MutableMapping[str, Any]

# ``with about(job_id=...):`` every line written inside, by whomever, carries the job's id.
about = bound_contextvars
# ``note(job_id=...)``: the same for every line that this task writes from now on.
note = bind_contextvars


def begin(**context: str) -> None:
    """Let every line that this task writes from now on carry the context, and nothing older."""
    clear_contextvars()
    bind_contextvars(**context)


def configure(settings: LogSettings) -> None:
    """Send the log of this process to standard error, in the form that was asked for."""
    root = logging.getLogger()
    root.handlers = [log_handler(settings.format, sys.stderr)]
    root.setLevel(logging.INFO)
    for name in _TOO_TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)


def log_handler(wanted: LogFormat, stream: TextIO) -> logging.Handler:
    """A handler that writes lines to a stream.

    Args:
        wanted: their form; auto is text if the stream is a terminal.
        stream: where they go.
    """
    text = stream.isatty() if wanted is LogFormat.AUTO else wanted is LogFormat.TEXT
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                # The traceback as Python prints it: values of variables may be secrets.
                structlog.processors.format_exc_info,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _tidied,
                *(_text(colours=stream.isatty()) if text else (_json,)),
            ],
        )
    )
    return handler


_json = structlog.processors.JSONRenderer()


def _text(*, colours: bool) -> tuple[structlog.typing.Processor, ...]:
    plain = structlog.dev.plain_traceback
    return _on_one_line, structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)


def _tidied(_logger: object, _method: str, entry: _Entry) -> Mapping[str, Any]:
    """The entry without secrets, and in the order in which it is read."""
    # The event again: from uvicorn with escape codes for a terminal, and from any handler that has
    # had the record before.
    shown = without_secrets(entry)
    for twin in ("color_message", "message"):
        shown.pop(twin, None)
    return {name: shown.pop(name) for name in _FIRST if name in shown} | shown


def _on_one_line(_logger: object, _method: str, entry: _Entry) -> Mapping[str, Any]:
    """The entry with line breaks escaped, or a client's text could pass for a line of ours."""
    return {
        name: _escaped(value) if isinstance(value, str) and name != "exception" else value
        for name, value in entry.items()
    }


def _escaped(text: str) -> str:
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
