"""A line of the log: JSON or text, with its context and without secrets."""

import io
import json
import logging
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from telemetry import logs
from telemetry.redaction import redacted
from telemetry.settings import LogFormat, LogSettings

ROOT = Path(__file__).parents[2]
logger = logging.getLogger(__name__)


class Terminal(io.StringIO):
    """A stream that somebody reads as it is written."""

    def isatty(self):
        return True


@pytest.fixture
def logging_to():
    """``logging_to(stream, format)`` sends the lines of this module's logger there."""
    handlers = []

    def attach(stream, wanted=LogFormat.JSON):
        handlers.append(logs.log_handler(wanted, stream))
        logger.addHandler(handlers[-1])
        return stream

    logger.setLevel(logging.INFO)
    yield attach
    for handler in handlers:
        logger.removeHandler(handler)


@pytest.fixture
def lines(logging_to):
    """``lines()`` reads what was logged, line by line, from JSON."""
    stream = logging_to(io.StringIO())
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_an_object_with_time_level_logger_and_event(lines):
    before = datetime.now(UTC)
    logger.warning("job %s: %d tries", "a", 3)
    (line,) = lines()
    assert list(line) == ["timestamp", "level", "logger", "event"]
    assert before <= datetime.fromisoformat(line["timestamp"]) <= datetime.now(UTC)
    assert line["timestamp"].endswith("Z")
    assert (line["level"], line["logger"]) == ("warning", __name__)
    assert line["event"] == "job a: 3 tries"


def test_what_a_line_is_given_becomes_its_members(lines):
    logger.info("request", extra={"status": 200, "path": "/x", "odd": Path("a")})
    (line,) = lines()
    assert (line["status"], line["path"]) == (200, "/x")
    assert "a" in line["odd"]


def test_context_is_in_every_line_inside_and_in_none_after(lines):
    with logs.about(job_id="job_1"):
        logger.info("inside")
        with logs.about(job_id="job_2"):
            logger.info("further inside")
    logger.info("outside")
    assert [line.get("job_id") for line in lines()] == ["job_1", "job_2", None]


def test_what_begins_leaves_older_context_behind(lines):
    with logs.about(job_id="job_1"):
        logs.begin(request_id="r")
        logger.info("inside")
    logs.begin()
    (line,) = lines()
    assert line["request_id"] == "r"
    assert "job_id" not in line


def test_a_traceback_is_part_of_its_line_without_the_values_of_variables(lines):
    password = "".join(["hun", "ter2"])
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        logger.exception("it failed")
    (line,) = lines()
    assert "RuntimeError: broken" in line["exception"]
    assert "Traceback" in line["exception"]
    assert password not in line["exception"]


def test_line_breaks_and_lone_surrogates_stay_within_a_line(lines):
    logger.info("two\nlines \ud800")
    (line,) = lines()
    assert line["event"] == "two\nlines \ud800"


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("redis://user:pass@host:6379/0", "redis://user:***@host:6379/0"),
        ("redis://:pass@host", "redis://:***@host"),
        ("rediss://:p@ss/w:rd@host is away", "rediss://:***@host is away"),
        ("unix://user:pass@/run/s.sock?db=0", "unix://user:***@/run/s.sock?db=0"),
        ("unix:///run/s.sock?password=pass&db=0", "unix:///run/s.sock?password=***&db=0"),
        ("Authorization: Bearer fl_0123456789", "Authorization: Bearer ***"),
        ("signed with whsec_c2VjcmV0+/=", "signed with whsec_***"),
        ("redis://host:6379/0", "redis://host:6379/0"),
        ("http://[::1]:8000/v1/jobs", "http://[::1]:8000/v1/jobs"),
        ("a@b.org: basic facts", "a@b.org: basic facts"),
    ],
)
def test_secrets_are_told_by_their_look(said, written):
    assert redacted(said) == written


def test_secrets_are_hidden_wherever_in_a_line_they_are(lines):
    extra = {"Authorization": "abc-hunter2", "secret": b"hunter2", "url": "redis://:hunter2@host"}
    try:
        raise RuntimeError("redis://:hunter2@host does not answer")
    except RuntimeError:
        logger.exception("redis://:hunter2@host", extra=extra)
    (line,) = lines()
    assert "hunter2" not in str(line)
    assert line["url"] == "redis://:***@host"


def test_text_is_one_line_for_people_with_the_context(logging_to):
    stream = logging_to(io.StringIO(), LogFormat.TEXT)
    with logs.about(job_id="job_1"):
        logger.info("begun\nand forged", extra={"path": "/a\nb"})
    (line,) = stream.getvalue().splitlines()
    assert "begun\\nand forged" in line
    assert "job_id=job_1" in line
    assert "\x1b" not in line


def test_auto_is_text_in_a_terminal_and_json_elsewhere(logging_to):
    terminal = logging_to(Terminal(), LogFormat.AUTO)
    file = logging_to(io.StringIO(), LogFormat.AUTO)
    logger.info("said")
    assert not terminal.getvalue().startswith("{")
    assert json.loads(file.getvalue())["event"] == "said"


def test_json_is_json_in_a_terminal_too(logging_to):
    terminal = logging_to(Terminal(), LogFormat.JSON)
    logger.info("said")
    assert json.loads(terminal.getvalue())["event"] == "said"


def test_the_format_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("FOLDLINE_LOG_FORMAT", "text")
    assert LogSettings().format is LogFormat.TEXT
    monkeypatch.setenv("FOLDLINE_LOG_FORMAT", "xml")
    with pytest.raises(ValidationError, match="'auto', 'json' or 'text'"):
        LogSettings()


AT_ONCE = """
from telemetry.logs import configure
from telemetry.settings import LogSettings
configure(LogSettings())
"""
ON_DEMAND = """
from telemetry.on_demand import configure_on_demand
configure_on_demand()
assert not {"structlog", "pydantic_settings"} & {*sys.modules}
"""


@pytest.mark.parametrize("configure", [AT_ONCE, ON_DEMAND])
def test_a_configured_process_writes_nothing_but_such_lines(configure):
    program = f"""
import logging, sys, warnings
logging.basicConfig()
{configure}
logging.getLogger("httpx").info("HTTP Request: POST https://hooks.example.org/secret")
logging.getLogger("ours").info("heard")
logging.getLogger("ours").debug("not heard")
warnings.warn("beware")
"""
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stdout
    first, second = map(json.loads, done.stderr.splitlines())
    assert first["event"] == "heard"
    assert "beware" in second["event"]
