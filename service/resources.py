"""What an application works with."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from service.group_commit import GroupCommit
from service.leaving import Leaving
from service.settings import ServiceSettings
from storage.api_keys import ApiKeys
from storage.changes import Changes
from storage.idempotency import IdempotencyKeys
from storage.outbox import Outbox
from storage.settings import Stores


@dataclass(frozen=True)
class Resources:
    """What an application works with."""

    settings: ServiceSettings
    stores: Stores
    commits: GroupCommit
    idempotency_keys: IdempotencyKeys
    api_keys: ApiKeys
    changes: Changes
    leaving: Leaving
    outbox: Outbox


async def resources(request: Request) -> Resources:
    """What this application was created with."""
    found = request.app.state.resources
    assert isinstance(found, Resources)
    return found


ResourcesDep = Annotated[Resources, Depends(resources)]
