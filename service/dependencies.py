"""What routes ask for, as annotated aliases."""

from typing import Annotated

from fastapi import Depends, Path

from schemas.jobs import JobRecord
from schemas.models import Model
from service.authentication import CallerDep
from service.resources import ResourcesDep
from service.settings import ServiceSettings
from storage import keys
from storage.ports import ArtifactStore, JobLedger, ModelList
from storage.settings import Stores


async def tenant(who: CallerDep) -> str:
    """Whose jobs and models a request is about."""
    return who.tenant


TenantDep = Annotated[str, Depends(tenant)]


async def own_stores(found: ResourcesDep, whose: TenantDep) -> Stores:
    """The stores, with nothing in them that is others'."""
    return found.stores.of(whose)


StoresDep = Annotated[Stores, Depends(own_stores)]


async def ledger(stores: StoresDep) -> JobLedger:
    """The record of jobs."""
    return stores.ledger


async def model_list(stores: StoresDep) -> ModelList:
    """The list of models."""
    return stores.models


async def artifacts(stores: StoresDep) -> ArtifactStore:
    """The store of inputs and models."""
    return stores.artifacts


async def settings(found: ResourcesDep) -> ServiceSettings:
    """The settings of the service."""
    return found.settings


LedgerDep = Annotated[JobLedger, Depends(ledger)]
ModelListDep = Annotated[ModelList, Depends(model_list)]
ArtifactsDep = Annotated[ArtifactStore, Depends(artifacts)]
SettingsDep = Annotated[ServiceSettings, Depends(settings)]

JobId = Annotated[str, Path(description="The id of a job, as its creation answered it.")]


def job_record(job_id: JobId, ledger: LedgerDep) -> JobRecord:
    """The job with the id in the path."""
    return ledger.get(job_id)


JobDep = Annotated[JobRecord, Depends(job_record)]

ModelId = Annotated[str, Path(description="The id of a model: the model_id of a job.")]


def manifest(model_id: ModelId, store: ArtifactsDep) -> bytes:
    """The stored document of a model."""
    return store.get_artifact(model_id, keys.MANIFEST)


ManifestDep = Annotated[bytes, Depends(manifest)]


def model(document: ManifestDep) -> Model:
    """The model with the id in the path."""
    return Model.model_validate_json(document)


ModelDep = Annotated[Model, Depends(model)]
