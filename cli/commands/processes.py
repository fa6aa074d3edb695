"""``foldline api``, ``worker``, ``notifier``: the processes alone, for several machines."""

import os
from typing import Annotated

import typer

from cli import parts
from cli.exits import epilog
from cli.exposure import with_keys_decided
from cli.options import DEFAULT_DATA_DIR, DataDir, RedisUrl, RootPathOption

app = typer.Typer(add_completion=False)


@app.command(
    epilog=epilog("foldline api --redis-url redis://broker:6379/0 --data-dir /data --port 8000")
)
def api(
    redis_url: RedisUrl = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    host: Annotated[
        str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port to listen on.")] = 8000,
    root_path: RootPathOption = None,
) -> None:
    """Run the API alone; broker and workers run elsewhere."""
    environment = with_keys_decided(parts.environment(redis_url, data_dir, root_path), host)
    _become(parts.api_command(host, port), environment)


@app.command(epilog=epilog("foldline worker --redis-url redis://broker:6379/0 --data-dir /data"))
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


@app.command(epilog=epilog("foldline notifier --redis-url redis://broker:6379/0"))
def notifier(redis_url: RedisUrl = None) -> None:
    """Send webhooks; broker, API and workers run elsewhere."""
    _become(parts.NOTIFIER_COMMAND, parts.environment(redis_url, None))


def _become(command: tuple[str, ...], environment: dict[str, str]) -> None:
    """Run another program in this process's place.

    It starts with the right environment, signals reach it directly, and this module need not
    import what only it needs.
    """
    os.execve(command[0], command, environment)
