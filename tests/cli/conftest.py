"""Commands run in this process, too, and some send its log to where their output goes."""

import logging

import pytest


@pytest.fixture(autouse=True)
def log_left_as_it_was():
    """What a command does to the log ends with its test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
