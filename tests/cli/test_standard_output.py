"""Standard output that cannot be written, as processes have it."""

import json
import os
from pathlib import Path

import pytest

from cli.exits import AWAY, UNREAD
from tests.waiting import HANGS_AFTER_S

FULL = Path("/dev/full")
QUESTION = json.dumps({"samples": {"x": [0, 1], "y": [0, 1]}, "target": {"tolerance": 0.1}})
# They list, answer line by line, answer at once, write bytes, and need no command at all.
WORDS = (
    "models list --json",
    "batch QUESTIONS --json",
    "evaluate MODEL 0.25",
    "plot MODEL -o -",
    "--help",
)


@pytest.fixture(params=WORDS)
def arguments(request, model_directory, tmp_path):
    """The words of a command that has something to say."""
    questions = tmp_path / "questions.ndjson"
    questions.write_text(QUESTION)
    places = {"MODEL": model_directory, "QUESTIONS": questions}
    return [places.get(word, word) for word in request.param.split()]


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_said_in_a_line(start, arguments):
    with FULL.open("w") as full:
        process = start(*arguments, stdout=full)
    _, said = process.communicate(timeout=HANGS_AFTER_S)
    assert said == "Error: standard output cannot be written: No space left on device\n"
    assert process.returncode == AWAY


def test_a_reader_that_has_gone_is_no_error_to_speak_of(start, arguments):
    nobody, pipe = os.pipe()
    os.close(nobody)
    process = start(*arguments, stdout=pipe)
    os.close(pipe)
    _, said = process.communicate(timeout=HANGS_AFTER_S)
    assert (process.returncode, said) == (UNREAD, "")


def test_a_reader_may_go_after_the_first_line(start, model_directory, tmp_path):
    points = tmp_path / "points"
    # A pipe holds less than what becomes of these.
    points.write_text("".join(f"{i / 100_000}\n" for i in range(100_000)))
    with points.open() as file:
        process = start("evaluate", model_directory, "-", stdin=file)
    assert process.stdout.readline() == "x,y\n"
    process.stdout.close()
    assert process.wait(HANGS_AFTER_S) == UNREAD
    assert process.stderr.read() == ""
