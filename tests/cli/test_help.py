"""What commands say of themselves: help, completion, and the page about them."""

import os
import re
import shlex
import subprocess
import sys

import pytest
import typer

from cli import exits
from cli.main import COMMANDS, app, load
from tests.cli.conftest import ROOT

PAGE = (ROOT / "docs/cli.md").read_text()


def every_command():
    """Every command by its words, those of groups too."""
    for name in COMMANDS:
        command = load(name)
        for below, inner in getattr(command, "commands", {"": command}).items():
            yield " ".join(filter(None, (name, below))), inner


EVERY_COMMAND = dict(every_command())


@pytest.mark.parametrize("words", EVERY_COMMAND)
def test_the_help_of_every_command_has_an_example_and_its_statuses(alone, words):
    result = alone(*words.split(), "--help")
    assert result.exit_code == 0
    said = " ".join(result.output.split())
    assert f"Example: foldline {words}" in said
    for status in exits.EVERY:
        assert f"{status} {exits.MEANINGS[status]}" in said


@pytest.mark.parametrize("words", EVERY_COMMAND)
def test_the_examples_are_commands_that_there_are(words):
    examples = re.findall(r"Example: foldline (.*)", EVERY_COMMAND[words].epilog)
    for example in examples:
        arguments = shlex.split(example.partition(" < ")[0])[len(words.split()) :]
        # A command or an option that does not exist raises a usage error.
        EVERY_COMMAND[words].make_context("foldline", arguments)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_of_each_what_it_says_itself(name):
    assert load(name).help.partition("\n\n")[0].replace("\n", " ") == COMMANDS[name].help


def test_what_can_be_printed_can_be_printed_as_json():
    silent = {"api", "worker", "notifier"}
    for words, command in EVERY_COMMAND.items():
        options = {name for found in command.params for name in found.opts}
        assert ("--json" in options) is (words not in silent), words


def test_no_command_takes_a_key_where_every_user_of_the_machine_can_read_it():
    for words, command in EVERY_COMMAND.items():
        names = " ".join(name for found in command.params for name in found.opts)
        assert "api-key" not in names, words


def test_the_page_has_every_command_and_every_status():
    commands = re.findall(r"^\| `foldline (\w+)", PAGE, re.MULTILINE)
    assert set(commands) == set(COMMANDS)
    statuses = re.findall(r"^\| (\d+) \| (.*?) \|$", PAGE, re.MULTILINE)
    assert {int(status): meaning for status, meaning in statuses} == exits.MEANINGS


def test_the_commands_of_the_page_are_ones_that_there_are():
    group = typer.main.get_command(app)
    shown = re.findall(
        r"foldline (\w+ [^|<>)\n]*)", "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))
    )
    assert len(shown) > 3
    for line in shown:
        arguments = line.replace("'", "").replace("\\", "").split()
        with group.make_context("foldline", list(arguments)) as context:
            _, command, rest = group.resolve_command(context, arguments)
            command.make_context(command.name, rest, parent=context)


def completed(*words):
    """What a shell offers for the last of these words."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "client"))),
        "_FOLDLINE_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(["foldline", *words]),
        "COMP_CWORD": str(len(words)),
    }
    code = "from cli.main import app; app(prog_name='foldline')"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return set(done.stdout.split())


def test_a_shell_completes_commands_options_and_their_values():
    assert completed("") == set(COMMANDS)
    assert completed("batches", "") == {"list", "show", "wait", "results", "cancel", "delete"}
    assert completed("submit", "--between") == {"--between-samples"}
    assert completed("submit", "--metric", "") == {"max_abs", "rmse", "mse", "max_rel"}
