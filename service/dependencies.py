"""What routes ask for, as annotated aliases."""

from dataclasses import dataclass
from email.message import Message
from typing import Annotated

from fastapi import Depends, Path, Request
from starlette.exceptions import HTTPException

from schemas.errors import FieldError, InvalidInput
from schemas.models import Model
from service.settings import ServiceSettings
from storage import keys
from storage.changes import Changes
from storage.idempotency import IdempotencyKeys
from storage.outbox import Outbox
from storage.ports import ArtifactStore, JobLedger
from storage.settings import Stores
from storage.wake_ups import WakeUps

# More than any object of a request has: metadata takes 16.
MAX_MEMBERS = 64


@dataclass(frozen=True)
class Resources:
    """What an application works with."""

    settings: ServiceSettings
    stores: Stores
    wake_ups: WakeUps
    idempotency_keys: IdempotencyKeys
    changes: Changes
    outbox: Outbox


async def resources(request: Request) -> Resources:
    """What this application was created with."""
    found = request.app.state.resources
    assert isinstance(found, Resources)
    return found


ResourcesDep = Annotated[Resources, Depends(resources)]


async def ledger(found: ResourcesDep) -> JobLedger:
    """The record of jobs."""
    return found.stores.ledger


async def artifacts(found: ResourcesDep) -> ArtifactStore:
    """The store of samples and models."""
    return found.stores.artifacts


async def settings(found: ResourcesDep) -> ServiceSettings:
    """The settings of the service."""
    return found.settings


async def json_body(request: Request) -> None:
    """Refuse a body that does not say it is JSON, or that is unreasonable JSON.

    Raises:
        HTTPException: 415, with what would be right.
        InvalidInput: an object with more members than any document here has.
    """
    # The parser that FastAPI decides with, so that both agree on every spelling.
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    subtype = message.get_content_subtype()
    if message.get_content_maintype() != "application" or not (
        subtype == "json" or subtype.endswith("+json")
    ):
        raise HTTPException(
            415,
            "the body must be JSON: send it with Content-Type: application/json",
            headers={"Accept": "application/json"},
        )
    if request.headers.get("content-encoding", "identity") != "identity":
        raise HTTPException(
            415, "the body must not be compressed: send it without Content-Encoding"
        )
    if await request.body():
        # Parsed already: FastAPI has done so, and the request keeps it.
        check_members(await request.json())


def check_members(document: object) -> None:
    """Refuse objects of many members before each unknown one becomes an error of its own.

    A million errors would keep the service busy for ten seconds, to list twenty of them.

    Raises:
        InvalidInput: naming the first such object.
    """
    pending: list[tuple[tuple[str, ...], object]] = [((), document)]
    while pending:
        path, value = pending.pop()
        if not isinstance(value, dict):
            continue
        if len(value) > MAX_MEMBERS:
            detail = f"has {len(value)} fields; no object here has more than {MAX_MEMBERS}"
            raise InvalidInput(FieldError(path=path, detail=detail))
        pending.extend(((*path, name), inner) for name, inner in value.items())


LedgerDep = Annotated[JobLedger, Depends(ledger)]
ArtifactsDep = Annotated[ArtifactStore, Depends(artifacts)]
SettingsDep = Annotated[ServiceSettings, Depends(settings)]
JsonBody = Depends(json_body)

JobId = Annotated[str, Path(description="The id of a job, as its creation answered it.")]
ModelId = Annotated[str, Path(description="The id of a model: the model_id of a job.")]


def manifest(model_id: ModelId, store: ArtifactsDep) -> bytes:
    """The stored document of a model."""
    return store.get_artifact(model_id, keys.MANIFEST)


ManifestDep = Annotated[bytes, Depends(manifest)]


def model(document: ManifestDep) -> Model:
    """The model with the id in the path."""
    return Model.model_validate_json(document)


ModelDep = Annotated[Model, Depends(model)]
