"""What was asked together, as the client offers it: ``client.batches``."""

from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Unpack

from foldline_client.documents.batches import Batch, BatchResult
from foldline_client.driver import Driver
from foldline_client.flows import batches
from foldline_client.progress import ProgressLike, reporting
from foldline_client.questions import TargetChoices, WebhookLike
from foldline_client.spooling import FileBody


class Batches:
    """What was asked together. Wherever an id is taken, the batch itself will do."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def send(
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
        """Ask for the networks of a file, which stays as it is, and do not wait for them.

        Args:
            file: can be read from anywhere, more than once.
            form: ``ndjson``: a question a line, as the service documents them; or ``csv``: a column
                x, and one for each function.
            name: of the batch.
            metadata: labels of the batch.
            webhook: where the end of the batch is told.
            all_or_nothing: as for ``Client.batch``.
            choices: target and options of all functions of a table, with the defaults of the
                service. Questions say it themselves.

        Raises:
            InvalidInput: the file is not what it is said to be, or says nothing.
        """
        flow = batches.submit(
            FileBody(file),
            form=form,
            name=name,
            metadata=metadata,
            webhook=webhook,
            all_or_nothing=all_or_nothing,
            choices=choices,
        )
        return self._driver.perform(flow)

    def get(self, batch: str | Batch) -> Batch:
        """Look at a batch: how many of its questions are where, and which were refused."""
        return self._driver.perform(batches.get(batch))

    def list(self, **wanted: Unpack[batches.BatchFilter]) -> Iterator[Batch]:
        """Every batch that is wanted, newest first; see ``BatchFilter``.

        Further pages are asked for as they are needed.
        """
        return self._driver.emitted(batches.list_batches(wanted))

    def cancel(self, batch: str | Batch) -> Batch:
        """End every job of a batch that has not ended.

        Raises:
            Conflict: all have.
        """
        return self._driver.perform(batches.cancel(batch))

    def redeliver(self, batch: str | Batch) -> Batch:
        """Tell its webhook again what became of it.

        Raises:
            Conflict: it has none, has not ended, or its webhook does not ask for that.
        """
        return self._driver.perform(batches.redeliver(batch))

    def delete(self, batch: str | Batch) -> None:
        """Delete a batch with all its jobs and their samples, for good; models stay.

        Jobs that have not ended are cancelled before.
        """
        self._driver.perform(batches.delete(batch))

    def wait(
        self,
        batch: str | Batch,
        *,
        timeout: float | None = None,
        progress: ProgressLike[Batch] = None,
    ) -> Batch:
        """Wait until all jobs of a batch have ended.

        Raises:
            WaitTimeout: they have not within ``timeout`` seconds.
        """
        with reporting(progress) as report:
            return self._driver.perform(batches.wait(batch, timeout=timeout, report=report))

    def results(
        self,
        batch: str | Batch,
        *,
        order: str = "finished",
        follow: bool = True,
        include: Sequence[str] = (),
    ) -> Iterator[BatchResult]:
        """What became of each question, also of those that were refused.

        A connection that is lost is opened again; each result comes once.

        Args:
            batch: the batch, or its id.
            order: ``finished``: as their jobs end, those that were refused first; or ``input``: as
                they were asked.
            follow: whether to wait for those that have not ended.
            include: what comes with each: ``model``, ``network``, ``breakpoints``.
        """
        flow = batches.results(batch, order=order, follow=follow, include=include)
        return self._driver.emitted(flow)
