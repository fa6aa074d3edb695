"""``foldline models``: the answers."""

from typing import Annotated

import typer

from cli.asking import service
from cli.deleting import Yes, delete_for_good
from cli.exits import OF_SERVICE, epilog
from cli.filters import Labels, Met, Name, Search, Time, labels_in
from cli.options import DEFAULT_URL, AsJson, Url, some_id
from cli.rows import (
    DEFAULT_LIMIT,
    MODEL_HEADER,
    Limit,
    first,
    model_row,
    summary_of,
    tell_list,
    tell_one,
)

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="List, show and delete the models of a service.",
)

ModelId = Annotated[
    str, typer.Argument(metavar="MODEL", help="The id of a model.", callback=some_id)
]


@app.command(
    "list",
    epilog=epilog("foldline models list --metadata line:7 --met --json", also=OF_SERVICE),
)
def list_models(
    name: Name = None,
    search: Search = None,
    metadata: Labels = None,
    met: Met = None,
    created_from: Time = None,
    created_before: Time = None,
    limit: Limit = DEFAULT_LIMIT,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """List models, newest first."""
    with service(url) as client:
        wanted = client.models.list(
            name=name,
            search=search,
            metadata=labels_in(metadata),
            met=met,
            created_from=created_from,
            created_before=created_before,
        )
        found = first(wanted, limit)
    tell_list(found, MODEL_HEADER, model_row, as_json=as_json)


@app.command(epilog=epilog("foldline models show MODEL --json", also=OF_SERVICE))
def show(model: ModelId, as_json: AsJson = False, url: Url = DEFAULT_URL) -> None:
    """Show a model, as fit does."""
    with service(url) as client:
        found = client.models.get(model)
        tell_one(found, summary_of, as_json=as_json)


@app.command(epilog=epilog("foldline models delete MODEL --yes", also=OF_SERVICE))
def delete(
    model: ModelId, yes: Yes = False, as_json: AsJson = False, url: Url = DEFAULT_URL
) -> None:
    """Delete a model for good; the same question, asked again, is fitted again."""
    delete_for_good(model, lambda client: client.models, yes=yes, as_json=as_json, url=url)
