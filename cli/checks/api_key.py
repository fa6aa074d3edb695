"""Whether the service takes the key in FOLDLINE_API_KEY, or needs none."""

import os
from itertools import islice

from cli.checks.finding import Finding, Place, ok, skipped, wrong
from foldline_client import Client, ConnectionFailed, Forbidden, Unauthenticated

NAME = "FOLDLINE_API_KEY"


def look(place: Place) -> Finding:
    """Ask for the list of jobs."""
    given = bool(os.environ.get(NAME))
    try:
        with Client(place.url, retries=0) as client:
            list(islice(client.jobs.list(), 1))
    except ConnectionFailed:
        return skipped("there is no service to ask")
    except (Unauthenticated, Forbidden) as error:
        return wrong(f"{NAME} is {'set' if given else 'not set'}; {error}")
    return ok(f"that in {NAME} is taken" if given else "none is needed")
