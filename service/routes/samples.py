"""Samples: as they are read, and those of jobs and models."""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from schemas.api_keys import Scope
from schemas.curves import Curve
from schemas.errors import NotFound, NotKept
from schemas.exports import SamplesFormat
from schemas.jobs import JobRecord
from schemas.samples import Samples
from service import answers
from service.authentication import requires
from service.bodies import CSV, CURVE_BODY, JSON, NPY, asked_curve
from service.caching import IfNoneMatch
from service.declarations import (
    DOWNLOAD,
    NOT_MODIFIED,
    Responses,
    invalid,
    problem_responses,
    shown,
)
from service.dependencies import ArtifactsDep, JobDep, ModelId
from service.files import Accept, content_of, download, form_by_type
from service.parameters import KNOWN_ONLY
from storage import keys
from storage.ports import ArtifactStore

# In the order of our preference.
TYPES = {
    SamplesFormat.JSON: JSON,
    SamplesFormat.CSV: CSV,
    SamplesFormat.NPY: NPY,
}

router = APIRouter(
    prefix="/v1",
    tags=["samples"],
    dependencies=[requires(Scope.READ), KNOWN_ONLY],
    responses=problem_responses(401, 403, 422, 429),
)

KEPT: Responses = {
    200: {
        "content": shown(answers.SAMPLES)
        | content_of(TYPES.values(), csv=answers.SAMPLES.to_csv()),
        "headers": DOWNLOAD,
    },
    **NOT_MODIFIED,
}
WRONG_FORMAT = invalid("format", "Input should be 'json', 'csv' or 'npy'")
FormatDep = Annotated[
    SamplesFormat | None,
    Query(alias="format", description="The form; goes before the Accept header."),
]


@router.post(
    "/samples",
    operation_id="readSamples",
    summary="Have samples read",
    openapi_extra={"requestBody": CURVE_BODY},
    response_model=Curve,
    responses={
        200: {"content": shown(answers.READ_SAMPLES)},
        **problem_responses(400, 408, 415, invalid("line.3", "'one' is not a number"), 503),
    },
)
def read_samples(samples: Annotated[Samples, Depends(asked_curve)]) -> Response:
    """Answers with the samples as a job would fit them: sorted by x, repetitions merged.

    A curve is taken as by `POST /v1/jobs`, and one that cannot be read is refused with the same
    words. Nothing is kept.
    """
    return Response(Curve.of(samples).model_dump_json(), media_type=JSON)


@router.get(
    "/models/{model_id}/samples",
    operation_id="getModelSamples",
    summary="Download the samples of a model",
    response_model=Curve,
    responses={**KEPT, **problem_responses(answers.NO_MODEL, 406, WRONG_FORMAT, 503)},
)
def get_model_samples(
    model_id: ModelId,
    artifacts: ArtifactsDep,
    form: FormatDep = None,
    accept: Accept = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The samples that the network was fitted to: JSON, CSV or NPY, which can be sent again."""
    stored = artifacts.get_artifact(model_id, keys.SAMPLES)
    chosen = form or form_by_type(TYPES, accept)
    return _download(stored, chosen, f"{model_id[:12]}-samples", if_none_match)


@router.get(
    "/jobs/{job_id}/samples",
    operation_id="getJobSamples",
    summary="Download the samples of a job",
    response_model=Curve,
    responses={
        **KEPT,
        **problem_responses(answers.NO_JOB, answers.NOT_KEPT, 406, WRONG_FORMAT, 503),
    },
)
def get_job_samples(
    record: JobDep,
    artifacts: ArtifactsDep,
    form: FormatDep = None,
    accept: Accept = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The samples that the job is about, however far it is: JSON, CSV or NPY.

    Those of a job that was answered at once (`cached`) are its model's, and go with it.
    """
    stored = _input_of(record, artifacts)
    chosen = form or form_by_type(TYPES, accept)
    return _download(stored, chosen, f"{record.id}-samples", if_none_match)


def _input_of(record: JobRecord, artifacts: ArtifactStore) -> bytes:
    """The samples of a job as they are stored: its input, or else those of its model.

    Raises:
        NotKept: there is neither any more.
    """
    place = record.input
    with suppress(NotFound):
        return artifacts.get_input(place.name, offset=place.offset, length=place.length)
    with suppress(NotFound):
        if record.model_id is not None:
            return artifacts.get_artifact(record.model_id, keys.SAMPLES)
    raise NotKept("samples of job", record.id)


def _download(stored: bytes, form: SamplesFormat, name: str, if_none_match: str | None) -> Response:
    content = stored
    if form is not SamplesFormat.NPY:
        curve = Curve.of(Samples.from_npy(stored))
        is_csv = form is SamplesFormat.CSV
        content = (curve.to_csv() if is_csv else curve.model_dump_json()).encode()
    return download(content, TYPES[form], name=f"{name}.{form.value}", if_none_match=if_none_match)
