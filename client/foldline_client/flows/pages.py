"""Lists: one page after the other."""

from typing import TypeVar

from foldline_client.answers import parsed
from foldline_client.documents.batches import BatchPage
from foldline_client.documents.jobs import JobPage
from foldline_client.documents.models import ModelPage
from foldline_client.effects import Call, Emit, Flow, Params, send

PAGE = 100

P = TypeVar("P", JobPage, BatchPage, ModelPage)


def entries(path: str, kind: type[P], params: Params | None = None) -> Flow[None]:
    """Emit every entry of a list, over all of its pages.

    Args:
        path: of the list.
        kind: of its pages.
        params: what else is said in the address.
    """
    query = {**(params or {}), "limit": str(PAGE)}
    while True:
        page = parsed(kind, (yield from send(Call("GET", path, query))).content)
        for entry in page.data:
            yield Emit(entry)
        if page.next_cursor is None:
            return
        query = {**query, "cursor": page.next_cursor}
