"""The ``foldline`` command."""

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from cli.complaints import misuse_told
from cli.standard_output import loss_told
from schemas.version import ENGINE_VERSION

HERE = "Here, without a service"
SERVICE = "With a service, at FOLDLINE_URL"
MODELS = "Models, of a service or in a directory"
RUNNING = "Running a service"


@dataclass(frozen=True)
class Listed:
    """A command that is imported only when it is asked for: numpy alone takes longer than the rest.

    Attributes:
        module: has it, or is it, in ``app``.
        help: what the list of commands says of it; the first sentence of its own help.
        panel: under what it is listed.
    """

    module: str
    help: str
    panel: str


COMMANDS = {
    "fit": Listed("fit", "Fit one curve here and now, without a service.", HERE),
    "doctor": Listed("doctor", "Say what is right and wrong with this installation.", HERE),
    "submit": Listed(
        "submit", "Ask the service to fit one curve; prints the id of the job.", SERVICE
    ),
    "batch": Listed(
        "batch", "Ask the service to fit many curves; prints a line for each as it ends.", SERVICE
    ),
    "jobs": Listed("jobs", "List, show, follow, cancel and delete the jobs of a service.", SERVICE),
    "batches": Listed(
        "batches", "List, show, follow, cancel and delete the batches of a service.", SERVICE
    ),
    "models": Listed("models", "List, show and delete the models of a service.", SERVICE),
    "export": Listed("export", "Write a model's network or breakpoint table to a file.", MODELS),
    "evaluate": Listed(
        "evaluate", "Evaluate a network, in its own number format; prints x and y as CSV.", MODELS
    ),
    "plot": Listed(
        "plot", "Draw samples, network and breakpoints, and the error below them.", MODELS
    ),
    "serve": Listed(
        "serve",
        "Run everything on this machine: broker, API, workers and the sending of webhooks.",
        RUNNING,
    ),
    "api": Listed("processes", "Run the API alone; broker and workers run elsewhere.", RUNNING),
    "worker": Listed("processes", "Run one worker; broker and API run elsewhere.", RUNNING),
    "notifier": Listed(
        "processes", "Send webhooks; broker, API and workers run elsewhere.", RUNNING
    ),
    "keys": Listed("keys", "Create, list and revoke the API keys of a running service.", RUNNING),
}


# Any: typer keeps its copy of click, and so the types of these, private.
class _LazyGroup(TyperGroup):
    """A group that lists its commands without importing them, and says misuse in a line."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401
        """Take the list in."""
        super().__init__(**attributes)
        for name, listed in COMMANDS.items():
            self.add_command(TyperCommand(name, help=listed.help, rich_help_panel=listed.panel))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        """The command that is asked for, imported, and its arguments."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else load(name), rest

    def main(self, *args: Any, **options: Any) -> NoReturn:  # noqa: ANN401
        """Run a command, and exit with its status."""
        with loss_told(), misuse_told():
            # By itself it would draw boxes.
            sys.exit(super().main(*args, **{**options, "standalone_mode": False}))


def load(name: str) -> Any:  # noqa: ANN401
    """The command of this name."""
    module = import_module(f"cli.commands.{COMMANDS[name].module}")
    command = typer.main.get_command(module.app)
    # A module may hold several commands; a group of that name is one.
    return getattr(command, "commands", {}).get(name, command)


app = typer.Typer(
    cls=_LazyGroup,
    no_args_is_help=True,
    # Its frames would show what is secret.
    pretty_exceptions_enable=False,
    help="A sampled function and an accuracy target in, the smallest certified ReLU network and "
    "its exact breakpoint table out.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(ENGINE_VERSION)
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """What all commands share."""


if __name__ == "__main__":
    app()
