"""Lists: one page after the other."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict, TypeVar

from foldline_client.answers import parsed
from foldline_client.documents.batches import BatchPage
from foldline_client.documents.jobs import JobPage
from foldline_client.documents.models import ModelPage
from foldline_client.effects import Call, Emit, Flow, Params, send

PAGE = 100

P = TypeVar("P", JobPage, BatchPage, ModelPage)


class ListFilter(TypedDict, total=False):
    """Which entries of a list are wanted; what is not given does not matter.

    Attributes:
        name: the whole of it.
        search: a part of the name, in either case.
        metadata: labels, all of which it has.
        created_from: not before this; in UTC unless it says otherwise.
        created_before: before this; likewise.
    """

    name: str | None
    search: str | None
    metadata: Mapping[str, str] | None
    created_from: datetime | str | None
    created_before: datetime | str | None


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
