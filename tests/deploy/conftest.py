"""What the compose file and the documentation are held against: the real command and settings."""

import pytest
import typer.main

from cli.main import app
from notifier.settings import NotifierSettings
from service.settings import ServiceSettings
from telemetry.settings import LogSettings
from worker.settings import WorkerSettings


@pytest.fixture
def foldline_takes():
    """``foldline_takes(words)`` fails unless the words are a command with options it has."""

    def check(words):
        program, *arguments = words
        assert program == "foldline"
        group = typer.main.get_command(app)
        # Parsing is the check: a command or an option that does not exist raises a usage error.
        with group.make_context("foldline", list(arguments)) as context:
            _, command, rest = group.resolve_command(context, arguments)
            command.make_context(command.name, rest, parent=context)

    return check


@pytest.fixture
def settings():
    """Every setting of every process by the name of its variable."""
    return {
        str(field.validation_alias or f"{owner.model_config['env_prefix']}{name}").upper(): field
        for owner in (LogSettings, ServiceSettings, WorkerSettings, NotifierSettings)
        for name, field in owner.model_fields.items()
    }
