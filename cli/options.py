"""Options that several commands have, as typer reads them. Nothing heavy is imported here."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_URL = "http://127.0.0.1:8000"
DEFAULT_DATA_DIR = Path("foldline-data")


def some_id(given: str) -> str:
    """An id that is an argument.

    Raises:
        typer.BadParameter: it is empty, as a variable of a shell may be.
    """
    if not given:
        raise typer.BadParameter("the id is empty")
    return given


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Url = Annotated[
    str,
    typer.Option(
        envvar="FOLDLINE_URL",
        help="The address of the service. A key for it is taken from FOLDLINE_API_KEY.",
    ),
]
Timeout = Annotated[float | None, typer.Option(min=0.0, help="Seconds to wait at most.")]
RedisUrl = Annotated[
    str | None,
    typer.Option(
        envvar="FOLDLINE_REDIS_URL",
        help="The broker, a Redis or Valkey server: redis://, rediss:// or unix://; or the master "
        "that sentinels name: redis+sentinel://host1,host2,host3/mymaster.",
    ),
]
RootPathOption = Annotated[
    str | None,
    typer.Option(
        "--root-path",
        envvar="FOLDLINE_ROOT_PATH",
        help="The prefix below which a proxy offers the service, for example /foldline.",
    ),
]
DataDir = Annotated[
    Path,
    typer.Option(
        envvar="FOLDLINE_DATA_DIR", help="The directory of everything that is kept on this machine."
    ),
]
