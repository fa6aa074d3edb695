"""Jobs: to ask, to look, to wait, to follow, to cancel, to delete."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from numpy.typing import ArrayLike

from foldline_client.answers import parsed
from foldline_client.documents.jobs import FINAL, Job, JobEvent, JobPage, JobStatus
from foldline_client.documents.models import Model
from foldline_client.effects import Call, Emit, Flow, NoAnswer, next_piece, opened, send
from foldline_client.errors import JobCancelled, JobFailed
from foldline_client.flows.addresses import query, quoted_id
from foldline_client.flows.deleting import delete_at
from foldline_client.flows.models import get_model
from foldline_client.flows.pages import ListFilter, entries
from foldline_client.questions import JSON, encoded, making, question
from foldline_client.streams import Breaks, Lines, ServerSentEvents
from foldline_client.waiting import until_final

PATH = "/v1/jobs"
NO_CONTENT = 204
# The service gives a sign every 15 seconds.
EVENTS_PATIENCE_S = 45.0


def path_of(job: str | Job) -> str:
    """The address of a job."""
    return f"{PATH}/{quoted_id(job, Job)}"


def submit(x: ArrayLike, y: ArrayLike, said: Mapping[str, Any]) -> Flow[Job]:
    """Ask a question."""
    call = Call(
        "POST", PATH, headers={"Content-Type": JSON}, content=encoded(question(x, y, **said))
    )
    return parsed(Job, (yield from send(making(call))).content)


def fit(
    x: ArrayLike,
    y: ArrayLike,
    said: Mapping[str, Any],
    *,
    timeout: float | None,
    report: Callable[[Job], None],
) -> Flow[Model]:
    """Ask a question, and wait for its model.

    Raises:
        JobFailed, JobCancelled: there will be none.
        WaitTimeout: there is none yet.
    """
    job = yield from submit(x, y, said)
    job = yield from until_final(job, lambda: get(job.id), timeout=timeout, report=report)
    if job.status == JobStatus.CANCELLED:
        raise JobCancelled(job)
    if job.model_id is None:
        raise JobFailed(job)
    return (yield from get_model(job.model_id))


def get(job: str | Job) -> Flow[Job]:
    """Look at a job."""
    return parsed(Job, (yield from send(Call("GET", path_of(job)))).content)


def cancel(job: str | Job) -> Flow[Job]:
    """Cancel a job."""
    return parsed(Job, (yield from send(Call("POST", f"{path_of(job)}/cancel"))).content)


def redeliver(job: str | Job) -> Flow[Job]:
    """Tell the webhook of a job again."""
    return parsed(Job, (yield from send(Call("POST", f"{path_of(job)}/redeliver"))).content)


def delete(job: str | Job) -> Flow[None]:
    """Delete a job.

    Raises:
        NotFound: there was none before.
    """
    return delete_at(path_of(job))


def wait(job: str | Job, *, timeout: float | None, report: Callable[[Job], None]) -> Flow[Job]:
    """A job when it has ended."""
    now = yield from get(job)
    return (yield from until_final(now, lambda: get(now.id), timeout=timeout, report=report))


class JobFilter(ListFilter, total=False):
    """Which jobs are wanted: by what ``ListFilter`` has, and besides.

    Attributes:
        status: one, or several of which it has any.
        met: whether the model holds the target; there are none of jobs without a model.
    """

    status: JobStatus | str | Collection[JobStatus | str] | None
    met: bool | None


def list_jobs(wanted: JobFilter) -> Flow[None]:
    """Emit every job that is wanted."""
    return entries(PATH, JobPage, query(wanted))


def events(job: str | Job) -> Flow[None]:
    """Emit what happens to a job until it ends; a stream that breaks off is taken up again."""
    last, breaks = None, Breaks()
    while True:
        headers = {"Accept": "text/event-stream"}
        if last is not None:
            headers["Last-Event-ID"] = last
        call = Call("GET", f"{path_of(job)}/events", headers=headers, patience_s=EVENTS_PATIENCE_S)
        if (yield from opened(call)).status == NO_CONTENT:
            return
        lines, parser = Lines(), ServerSentEvents()
        while isinstance(piece := (yield from next_piece()), bytes):
            for sent in filter(None, map(parser.of, lines.of(piece))):
                last = sent.id
                breaks.over()
                event = parsed(JobEvent, sent.data)
                yield Emit(event)
                if event.status in FINAL:
                    return
        yield from breaks.after(piece if isinstance(piece, NoAnswer) else None, path_of(job))
