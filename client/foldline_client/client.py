"""The client that waits."""

from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Self, Unpack

import httpx
from numpy.typing import ArrayLike

from foldline_client.batches import Batches
from foldline_client.documents.batches import Batch
from foldline_client.documents.jobs import Job, JobEvent
from foldline_client.documents.models import Model as ModelDocument
from foldline_client.driver import Driver
from foldline_client.flows import batches, jobs, models
from foldline_client.flows.curves import curve
from foldline_client.model import Model
from foldline_client.network import Rows
from foldline_client.place import Place
from foldline_client.progress import ProgressLike, reporting
from foldline_client.questions import (
    FitChoices,
    FitDetails,
    QuestionLike,
    WebhookLike,
)
from foldline_client.spooling import spooled


class Client:
    """A Foldline service, from here.

    ``AsyncClient`` has the same methods, to be awaited. A client may be used by several threads.

    Attributes:
        jobs: what was asked.
        batches: what was asked together.
        models: the answers.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 30.0,
        retries: int = 5,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Say where the service is; nothing is sent yet.

        Args:
            url: its address; by default ``FOLDLINE_URL``, else ``http://127.0.0.1:8000``.
            api_key: a key for it; by default ``FOLDLINE_API_KEY``, else none.
            timeout: seconds without a sign of the service after which there is no answer. What
                takes long by its nature has more: sending a batch, exports, and streams.
            retries: further tries of a request that failed for a reason that passes.
            transport: what carries requests, in the place of the network.

        Raises:
            ValueError: the address is none of HTTP, the key none that a header can have, or the
                timeout no time.
        """
        self._driver = Driver(Place.of(url, api_key, timeout), retries, transport)
        self.jobs = Jobs(self._driver)
        self.batches = Batches(self._driver)
        self.models = Models(self._driver)

    def __repr__(self) -> str:
        """Where the service is."""
        return f"Client({self._driver.place.url!r})"

    def __enter__(self) -> Self:
        """Connections are closed at the end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close all connections."""
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._driver.close()

    def fit(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        tolerance: ArrayLike | None = 1e-3,
        relative_to: str | None = None,
        metric: str = "max_abs",
        timeout: float | None = None,
        progress: ProgressLike[Job] = None,
        **details: Unpack[FitDetails],
    ) -> Model:
        """Fit a network to samples, and wait for it.

        Args:
            x: abscissae, [N], in any order.
            y: ordinates, [N].
            tolerance: the largest error allowed; for ``max_abs`` and ``max_rel`` also one for each
                sample. None where a budget (``max_parameters``, ``max_segments``) is given instead.
            relative_to: what it is a fraction of: ``range`` (of y), which is the default, or
                ``absolute``: nothing. Relative errors, ``max_rel``, are always absolute in this.
            metric: what the error is: ``max_abs``, ``rmse``, ``mse`` or ``max_rel``.
            timeout: seconds to wait at most; None for as long as it takes.
            progress: False for silence, True for a bar on stderr, None for one if that is a
                terminal; or a function that is called with the job now and then.
            details: weights of the samples, labels, and how to look for the network; see
                ``FitDetails``.

        Returns:
            The model. Whether it holds the target says ``model.met``.

        Raises:
            InvalidInput: the question has no answer as it stands; names the fields.
            JobFailed, JobCancelled: there will be no model.
            WaitTimeout: there is none yet; the job goes on.
        """
        said = {"tolerance": tolerance, "relative_to": relative_to, "metric": metric, **details}
        with reporting(progress) as report:
            flow = jobs.fit(x, y, said, timeout=timeout, report=report)
            return Model.of(self._driver.perform(flow), self._driver.perform)

    def submit(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        tolerance: ArrayLike | None = 1e-3,
        relative_to: str | None = None,
        metric: str = "max_abs",
        **details: Unpack[FitDetails],
    ) -> Job:
        """Ask for a network, with the arguments of ``fit``, and do not wait for it."""
        said = {"tolerance": tolerance, "relative_to": relative_to, "metric": metric, **details}
        return self._driver.perform(jobs.submit(x, y, said))

    def batch(
        self,
        functions: Iterable[QuestionLike],
        *,
        tolerance: ArrayLike | None = 1e-3,
        relative_to: str | None = None,
        metric: str = "max_abs",
        name: str | None = None,
        metadata: Mapping[str, str] | None = None,
        webhook: WebhookLike | None = None,
        all_or_nothing: bool = False,
        **choices: Unpack[FitChoices],
    ) -> Batch:
        """Ask for many networks, and do not wait for them.

        The functions may come from a generator. They are put into a temporary file first, so that
        the batch may be larger than memory and can be sent again.

        Args:
            functions: for each the pair (x, y), or a mapping of arguments of ``fit`` and a
                ``custom_id``; what a mapping says goes before what is said here.
            tolerance: as for ``fit``, for all of them.
            relative_to: likewise.
            metric: likewise.
            name: of the batch.
            metadata: labels of the batch.
            webhook: where the end of the batch is told.
            all_or_nothing: whether one function that cannot be fitted sinks all of them. Else it
                is refused, and a result says why.
            choices: how to look for the networks; see ``FitChoices``.

        Raises:
            InvalidInput: one is wrong and all were to be right, or there are none, or too many.
        """
        usual = {"tolerance": tolerance, "relative_to": relative_to, "metric": metric, **choices}
        with spooled(usual) as spool:
            for function in functions:
                spool.add(function)
            flow = batches.submit(
                spool,
                name=name,
                metadata=metadata,
                webhook=webhook,
                all_or_nothing=all_or_nothing,
            )
            return self._driver.perform(flow)

    def webhook_secret(self) -> str:
        """What deliveries to webhooks are signed with, as Standard Webhooks has it."""
        return self._driver.perform(models.webhook_secret())

    def rotate_webhook_secret(self, *, overlap_s: float | None = None) -> str:
        """Have deliveries to webhooks signed with a new secret, which is returned.

        Args:
            overlap_s: for so many seconds the one before is used as well; a day by default.
        """
        return self._driver.perform(models.rotate_webhook_secret(overlap_s))


class Jobs:
    """What was asked. Wherever an id is taken, the job itself will do."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def get(self, job: str | Job) -> Job:
        """Look at a job."""
        return self._driver.perform(jobs.get(job))

    def list(self, **wanted: Unpack[jobs.JobFilter]) -> Iterator[Job]:
        """Every job that is wanted, newest first, but those of batches; see ``JobFilter``.

        Further pages are asked for as they are needed.
        """
        return self._driver.emitted(jobs.list_jobs(wanted))

    def cancel(self, job: str | Job) -> Job:
        """End a job.

        Raises:
            Conflict: it has ended otherwise.
        """
        return self._driver.perform(jobs.cancel(job))

    def redeliver(self, job: str | Job) -> Job:
        """Tell its webhook again what became of it.

        Raises:
            Conflict: it has none, has not ended, or its webhook does not ask for that.
        """
        return self._driver.perform(jobs.redeliver(job))

    def delete(self, job: str | Job) -> None:
        """Delete a job with its samples, for good; one that has not ended is cancelled before.

        Its model stays.

        Raises:
            Conflict: it is one of a batch, which is deleted as a whole.
        """
        self._driver.perform(jobs.delete(job))

    def wait(
        self,
        job: str | Job,
        *,
        timeout: float | None = None,
        progress: ProgressLike[Job] = None,
    ) -> Job:
        """Wait until a job has ended, in whichever way.

        Raises:
            WaitTimeout: it has not within ``timeout`` seconds.
        """
        with reporting(progress) as report:
            return self._driver.perform(jobs.wait(job, timeout=timeout, report=report))

    def events(self, job: str | Job) -> Iterator[JobEvent]:
        """What has happened to a job, and what happens, until it ends.

        A connection that is lost is opened again where it was.
        """
        return self._driver.emitted(jobs.events(job))

    def curve(self, job: str | Job) -> Rows:
        """The samples of a job, as ``Model.curve`` has them.

        Raises:
            NotFound: there is no such job, or they are not kept any more.
        """
        return self._driver.perform(curve(jobs.path_of(job)))


class Models:
    """The answers. Wherever an id is taken, the model itself will do."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def get(self, model: str | ModelDocument) -> Model:
        """Look at a model."""
        return Model.of(self._driver.perform(models.get_model(model)), self._driver.perform)

    def list(self, **wanted: Unpack[models.ModelFilter]) -> Iterator[Model]:
        """Every model that is wanted, newest first; see ``ModelFilter``."""
        for document in self._driver.emitted(models.list_models(wanted)):
            yield Model.of(document, self._driver.perform)

    def delete(self, model: str | ModelDocument) -> None:
        """Delete a model for good."""
        self._driver.perform(models.delete(model))

    def export(
        self, model: str | ModelDocument, form: str, **choices: Unpack[models.ExportChoices]
    ) -> bytes:
        """Take a model along, as ``Model.export`` does."""
        return self._driver.perform(models.export(model, form, choices))
