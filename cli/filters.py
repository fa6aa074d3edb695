"""What the lists of jobs, batches and models are filtered by on a command line."""

from typing import Annotated

import typer

from cli.complaints import bad_input_told
from service.labels import labels_of

Name = Annotated[str | None, typer.Option(help="Those of this name.")]
Search = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Those with this in their name, in either case.")
]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--metadata", help="Those with this label, KEY:VALUE; may be given several times: with all."
    ),
]
Met = Annotated[
    bool | None, typer.Option("--met/--not-met", help="Those that meet their target, or not.")
]
Time = Annotated[str | None, typer.Option(metavar="TIME", help="RFC 3339; UTC unless it says so.")]
ANY_OF_THESE = "Those that are in this; may be given several times: in any of these."


def labels_in(given: list[str] | None) -> dict[str, str]:
    """The labels of the option ``--metadata``; what is wrong with them is said, and ends it."""
    with bad_input_told():
        return labels_of(given or ())
