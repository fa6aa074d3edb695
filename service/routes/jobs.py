"""Jobs: ask a question, and see how far its answer is."""

from typing import Annotated

from fastapi import APIRouter, Body, Response

from schemas.errors import Conflict
from schemas.jobs import FINAL, Job, JobCreate, JobLinks, JobPage, JobRecord, JobStatus
from service import intake, paging
from service.dependencies import JobId, JsonBody, LedgerDep, ResourcesDep
from service.examples import JOB_EXAMPLES
from service.problems import problem_responses

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

Question = Annotated[JobCreate, Body(openapi_examples=JOB_EXAMPLES)]


def present(record: JobRecord) -> Job:
    """A stored job as it is answered: with links."""
    model = None if record.model_id is None else f"/v1/models/{record.model_id}"
    links = JobLinks(self=f"/v1/jobs/{record.id}", model=model)
    return Job.model_validate({**dict(record), "links": links})


@router.post(
    "",
    status_code=202,
    operation_id="createJob",
    summary="Fit a network to samples",
    dependencies=[JsonBody],
    responses={
        202: {
            "description": "Accepted; ask again at the address in Location.",
            "headers": {"Location": {"schema": {"type": "string"}}},
        },
        **problem_responses(400, 413, 415, 422, 429, 503),
    },
)
def create_job(question: Question, response: Response, resources: ResourcesDep) -> Job:
    """Accepts a sampled function and an accuracy target, and answers at once with a job.

    The samples need be neither sorted nor evenly spaced. Without a tolerance, give a budget
    (`options.max_parameters` or `options.max_segments`): the best error within it is looked for.
    """
    job = present(intake.accept(question, resources))
    response.headers["Location"] = job.links.self
    return job


@router.get(
    "",
    operation_id="listJobs",
    summary="List jobs, newest first",
    responses=problem_responses(422, 503),
)
def list_jobs(
    ledger: LedgerDep, limit: paging.Limit = paging.DEFAULT_LIMIT, cursor: paging.Cursor = None
) -> JobPage:
    """One page of jobs; `next_cursor` leads to the next, and is null on the last."""
    records, position = ledger.page(limit=limit, cursor=paging.unwrap(cursor))
    return JobPage(data=[present(record) for record in records], next_cursor=paging.wrap(position))


@router.get(
    "/{job_id}",
    operation_id="getJob",
    summary="Look at a job",
    responses=problem_responses(404, 503),
)
def get_job(job_id: JobId, ledger: LedgerDep) -> Job:
    """Where a job is. Once it has succeeded, `links.model` leads to the network."""
    return present(ledger.get(job_id))


@router.post(
    "/{job_id}/cancel",
    operation_id="cancelJob",
    summary="Cancel a job",
    responses=problem_responses(404, 409, 503),
)
def cancel_job(job_id: JobId, ledger: LedgerDep) -> Job:
    """Ends a job that waits or is being fitted; its worker goes on with the next within seconds.

    A job that was cancelled before is answered as it is; one that has ended otherwise with 409.
    """
    before = ledger.cancel(job_id)
    if before in FINAL and before is not JobStatus.CANCELLED:
        raise Conflict(f"job {job_id} has {before} already; only one that has not can be cancelled")
    return present(ledger.get(job_id))
