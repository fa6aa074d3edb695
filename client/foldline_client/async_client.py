"""The client for asyncio: the same methods, to be awaited."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from types import TracebackType
from typing import IO, Self, Unpack

import httpx
from numpy.typing import ArrayLike

from foldline_client.async_driver import AsyncDriver
from foldline_client.documents.batches import Batch, BatchResult
from foldline_client.documents.jobs import Job, JobEvent
from foldline_client.documents.models import Model as ModelDocument
from foldline_client.flows import batches, jobs, models
from foldline_client.flows.curves import curve
from foldline_client.model import AsyncModel
from foldline_client.network import Rows
from foldline_client.place import Place
from foldline_client.progress import ProgressLike, reporting
from foldline_client.questions import (
    FitChoices,
    FitDetails,
    QuestionLike,
    TargetChoices,
    WebhookLike,
)
from foldline_client.spooling import FileBody, spooled


class AsyncClient:
    """``Client`` for asyncio: the same methods, to be awaited or iterated with ``async for``."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 30.0,
        retries: int = 5,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """As ``Client`` is made."""
        self._driver = AsyncDriver(Place.of(url, api_key, timeout), retries, transport)
        self.jobs = AsyncJobs(self._driver)
        self.batches = AsyncBatches(self._driver)
        self.models = AsyncModels(self._driver)

    def __repr__(self) -> str:
        """Where the service is."""
        return f"AsyncClient({self._driver.place.url!r})"

    async def __aenter__(self) -> Self:
        """Connections are closed at the end."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close all connections."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._driver.aclose()

    async def fit(
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
    ) -> AsyncModel:
        """As ``Client.fit``."""
        said = {"tolerance": tolerance, "relative_to": relative_to, "metric": metric, **details}
        with reporting(progress) as report:
            flow = jobs.fit(x, y, said, timeout=timeout, report=report)
            return AsyncModel.of(await self._driver.perform(flow), self._driver.perform)

    async def submit(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        tolerance: ArrayLike | None = 1e-3,
        relative_to: str | None = None,
        metric: str = "max_abs",
        **details: Unpack[FitDetails],
    ) -> Job:
        """As ``Client.submit``."""
        said = {"tolerance": tolerance, "relative_to": relative_to, "metric": metric, **details}
        return await self._driver.perform(jobs.submit(x, y, said))

    async def batch(
        self,
        functions: Iterable[QuestionLike] | AsyncIterable[QuestionLike],
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
        """As ``Client.batch``."""
        usual = {"tolerance": tolerance, "relative_to": relative_to, "metric": metric, **choices}
        with spooled(usual) as spool:
            if isinstance(functions, AsyncIterable):
                async for function in functions:
                    spool.add(function)
            else:
                for function in functions:
                    spool.add(function)
            flow = batches.submit(
                spool,
                name=name,
                metadata=metadata,
                webhook=webhook,
                all_or_nothing=all_or_nothing,
            )
            return await self._driver.perform(flow)

    async def webhook_secret(self) -> str:
        """As ``Client.webhook_secret``."""
        return await self._driver.perform(models.webhook_secret())

    async def rotate_webhook_secret(self, *, overlap_s: float | None = None) -> str:
        """As ``Client.rotate_webhook_secret``."""
        return await self._driver.perform(models.rotate_webhook_secret(overlap_s))


class AsyncJobs:
    """``Jobs`` for asyncio."""

    def __init__(self, driver: AsyncDriver) -> None:
        self._driver = driver

    async def get(self, job: str | Job) -> Job:
        """As ``Jobs.get``."""
        return await self._driver.perform(jobs.get(job))

    def list(self, **wanted: Unpack[jobs.JobFilter]) -> AsyncIterator[Job]:
        """As ``Jobs.list``."""
        return self._driver.emitted(jobs.list_jobs(wanted))

    async def cancel(self, job: str | Job) -> Job:
        """As ``Jobs.cancel``."""
        return await self._driver.perform(jobs.cancel(job))

    async def redeliver(self, job: str | Job) -> Job:
        """As ``Jobs.redeliver``."""
        return await self._driver.perform(jobs.redeliver(job))

    async def delete(self, job: str | Job) -> None:
        """As ``Jobs.delete``."""
        await self._driver.perform(jobs.delete(job))

    async def wait(
        self,
        job: str | Job,
        *,
        timeout: float | None = None,
        progress: ProgressLike[Job] = None,
    ) -> Job:
        """As ``Jobs.wait``."""
        with reporting(progress) as report:
            return await self._driver.perform(jobs.wait(job, timeout=timeout, report=report))

    def events(self, job: str | Job) -> AsyncIterator[JobEvent]:
        """As ``Jobs.events``."""
        return self._driver.emitted(jobs.events(job))

    async def curve(self, job: str | Job) -> Rows:
        """As ``Jobs.curve``."""
        return await self._driver.perform(curve(jobs.path_of(job)))


class AsyncBatches:
    """``Batches`` for asyncio."""

    def __init__(self, driver: AsyncDriver) -> None:
        self._driver = driver

    async def send(
        self,
        file: IO[bytes],
        form: str,
        *,
        name: str | None = None,
        metadata: Mapping[str, str] | None = None,
        webhook: WebhookLike | None = None,
        all_or_nothing: bool = False,
        **choices: Unpack[TargetChoices],
    ) -> Batch:
        """As ``Batches.send``."""
        flow = batches.submit(
            FileBody(file),
            form=form,
            name=name,
            metadata=metadata,
            webhook=webhook,
            all_or_nothing=all_or_nothing,
            choices=choices,
        )
        return await self._driver.perform(flow)

    async def get(self, batch: str | Batch) -> Batch:
        """As ``Batches.get``."""
        return await self._driver.perform(batches.get(batch))

    def list(self, **wanted: Unpack[batches.BatchFilter]) -> AsyncIterator[Batch]:
        """As ``Batches.list``."""
        return self._driver.emitted(batches.list_batches(wanted))

    async def cancel(self, batch: str | Batch) -> Batch:
        """As ``Batches.cancel``."""
        return await self._driver.perform(batches.cancel(batch))

    async def redeliver(self, batch: str | Batch) -> Batch:
        """As ``Batches.redeliver``."""
        return await self._driver.perform(batches.redeliver(batch))

    async def delete(self, batch: str | Batch) -> None:
        """As ``Batches.delete``."""
        await self._driver.perform(batches.delete(batch))

    async def wait(
        self,
        batch: str | Batch,
        *,
        timeout: float | None = None,
        progress: ProgressLike[Batch] = None,
    ) -> Batch:
        """As ``Batches.wait``."""
        with reporting(progress) as report:
            return await self._driver.perform(batches.wait(batch, timeout=timeout, report=report))

    def results(
        self,
        batch: str | Batch,
        *,
        order: str = "finished",
        follow: bool = True,
        include: Sequence[str] = (),
    ) -> AsyncIterator[BatchResult]:
        """As ``Batches.results``."""
        flow = batches.results(batch, order=order, follow=follow, include=include)
        return self._driver.emitted(flow)


class AsyncModels:
    """``Models`` for asyncio."""

    def __init__(self, driver: AsyncDriver) -> None:
        self._driver = driver

    async def get(self, model: str | ModelDocument) -> AsyncModel:
        """As ``Models.get``."""
        return AsyncModel.of(
            await self._driver.perform(models.get_model(model)), self._driver.perform
        )

    async def list(self, **wanted: Unpack[models.ModelFilter]) -> AsyncIterator[AsyncModel]:
        """As ``Models.list``."""
        async for document in self._driver.emitted(models.list_models(wanted)):
            yield AsyncModel.of(document, self._driver.perform)

    async def delete(self, model: str | ModelDocument) -> None:
        """As ``Models.delete``."""
        await self._driver.perform(models.delete(model))

    async def export(
        self, model: str | ModelDocument, form: str, **choices: Unpack[models.ExportChoices]
    ) -> bytes:
        """As ``Models.export``."""
        return await self._driver.perform(models.export(model, form, choices))
