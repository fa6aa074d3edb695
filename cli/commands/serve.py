"""``foldline serve``: everything on one machine."""

from typing import Annotated

import typer

from cli.broker import BrokerError
from cli.complaints import complain
from cli.exits import AWAY, epilog
from cli.listening import ListenError
from cli.options import DEFAULT_DATA_DIR, DataDir, RootPathOption
from cli.serve import ServeError, ServeOptions, default_workers
from cli.serve import serve as serve_all

app = typer.Typer(add_completion=False)


@app.command(
    epilog=epilog(
        "foldline serve --data-dir ./foldline-data --port 8000",
        "foldline serve --port 0 --json",
    )
)
def serve(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    host: Annotated[
        str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port to listen on; 0 for a free one.")
    ] = 8000,
    workers: Annotated[
        int,
        typer.Option(
            min=1,
            envvar="FOLDLINE_WORKER_PROCESSES",
            show_default="one for each core but one",
            help="Workers, each of which fits one job at a time.",
        ),
    ] = default_workers(),
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
    root_path: RootPathOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say in a line of JSON where it is, once it is ready.")
    ] = False,
) -> None:
    """Run everything on this machine: broker, API, workers and the sending of webhooks."""
    options = ServeOptions(
        data_dir=data_dir,
        host=host,
        port=port,
        workers=workers,
        api_processes=api_processes,
        redis_url=redis_url,
        root_path=root_path,
        as_json=as_json,
    )
    try:
        serve_all(options)
    except (BrokerError, ListenError, ServeError) as error:
        complain(str(error))
        raise typer.Exit(AWAY) from error
