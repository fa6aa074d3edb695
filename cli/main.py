"""The ``foldline`` command."""

import os
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli import keys as keys_commands
from cli import parts
from cli.broker import BrokerError
from cli.exposure import with_keys_decided
from cli.listening import ListenError
from cli.serve import ServeError, ServeOptions
from cli.serve import serve as serve_all
from schemas.version import ENGINE_VERSION

# Commands that need torch, which takes a second to import: loaded when they are asked for.
HEAVY_COMMANDS = {"fit": "cli.fit"}


class _LazyGroup(TyperGroup):
    """A group of commands, some of which are imported only when they are asked for."""

    # Any: typer keeps its copy of click, and so the types of these, private.
    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401
        """Every command, the light ones first."""
        return [*super().list_commands(ctx), *HEAVY_COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401
        """The command of this name."""
        if cmd_name in HEAVY_COMMANDS:
            return import_module(HEAVY_COMMANDS[cmd_name]).command
        return super().get_command(ctx, cmd_name)


app = typer.Typer(
    cls=_LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    help="A sampled function and an accuracy target in, the smallest certified ReLU network and "
    "its exact breakpoint table out.",
)

app.add_typer(keys_commands.app, name="keys")

RedisUrl = Annotated[
    str | None,
    typer.Option(
        envvar="FOLDLINE_REDIS_URL",
        help="The Redis or Valkey server: redis://, rediss:// or unix://.",
    ),
]
DataDir = Annotated[
    Path,
    typer.Option(
        envvar="FOLDLINE_DATA_DIR",
        help="The directory of samples and models, shared by all processes.",
    ),
]
Host = Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")]
Port = Annotated[int, typer.Option(min=0, max=65_535, help="The port to listen on.")]
DEFAULT_DATA_DIR = Path("foldline-data")


@app.command(
    epilog="Example: foldline serve --data-dir ./foldline-data --port 8000",
)
def serve(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    host: Host = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port to listen on; 0 for a free one.")
    ] = 8000,
    workers: Annotated[
        int,
        typer.Option(
            min=1, help="Workers; each fits on FOLDLINE_WORKER_PROCESSES cores, all but one."
        ),
    ] = 1,
    api_processes: Annotated[
        int,
        typer.Option(min=1, help="API processes; one takes in some hundred jobs a second."),
    ] = 1,
    redis_url: Annotated[
        str | None,
        typer.Option(
            envvar="FOLDLINE_REDIS_URL", help="A broker to use instead of the embedded one."
        ),
    ] = None,
) -> None:
    """Run everything on this machine: broker, API, workers and the sending of webhooks."""
    options = ServeOptions(
        data_dir=data_dir,
        host=host,
        port=port,
        workers=workers,
        api_processes=api_processes,
        redis_url=redis_url,
    )
    try:
        serve_all(options)
    except (BrokerError, ListenError, ServeError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from error


@app.command(
    epilog="Example: foldline api --redis-url redis://broker:6379/0 --data-dir /data --port 8000",
)
def api(
    redis_url: RedisUrl = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    host: Host = "127.0.0.1",
    port: Port = 8000,
) -> None:
    """Run the API alone; broker and workers run elsewhere."""
    environment = with_keys_decided(parts.environment(redis_url, data_dir), host)
    _become(parts.api_command(host, port), environment)


@app.command(
    epilog="Example: foldline worker --redis-url redis://broker:6379/0 --data-dir /data",
)
def worker(
    redis_url: RedisUrl = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    name: Annotated[
        str | None,
        typer.Option(help="The worker's name; must be new at every start. One is made up."),
    ] = None,
) -> None:
    """Run one worker; broker and API run elsewhere."""
    environment = parts.worker_environment(parts.environment(redis_url, data_dir), name=name)
    _become(parts.WORKER_COMMAND, environment)


@app.command(
    epilog="Example: foldline notifier --redis-url redis://broker:6379/0",
)
def notifier(redis_url: RedisUrl = None) -> None:
    """Send webhooks; broker, API and workers run elsewhere."""
    _become(parts.NOTIFIER_COMMAND, parts.environment(redis_url, None))


def _become(command: tuple[str, ...], environment: dict[str, str]) -> None:
    """Run another program in this process's place.

    It starts with the right environment, signals reach it directly, and this module need not
    import what only it needs.
    """
    os.execve(command[0], command, environment)


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
