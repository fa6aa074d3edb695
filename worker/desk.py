"""A horse's desk: a claimed job comes in as an id and goes out as a stored model."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from schemas.errors import (
    Died,
    FoldlineError,
    NotFound,
    OutOfMemory,
    Stopped,
    StoreFull,
    Unavailable,
)
from schemas.jobs import JobRecord
from schemas.models import Model
from schemas.samples import Samples
from storage.keys import MANIFEST
from storage.ports import Claim
from storage.setbacks import Setback
from storage.settings import Stores
from telemetry import logs
from worker.artifacts import describe, render
from worker.attempts import Attempt
from worker.leaving import Leaving
from worker.numerics.fit import Fit, FitRequest
from worker.numerics.memory import is_out_of_memory
from worker.problems import problem_of

logger = logging.getLogger(__name__)

# An answer is worth more than the seconds until broker or store are back.
PATIENCE_S = 60.0
TRIES_EVERY_S = 0.5


@dataclass(frozen=True)
class Begun:
    """A claimed job that is to be fitted.

    Attributes:
        record: the job.
        attempt: which attempt at it this is.
        request: what is asked.
    """

    record: JobRecord
    attempt: Attempt
    request: FitRequest


@dataclass
class Desk:
    """What a horse works with.

    Attributes:
        stores: where samples, models and jobs are.
        leaving: whether it has been asked to leave.
        store_was_away: so that what is begun next would only wait again.
        memory_ran_out: so that this process had better end.
    """

    stores: Stores
    leaving: Leaving
    store_was_away: bool = field(default=False, init=False)
    memory_ran_out: bool = field(default=False, init=False)

    def begin(self, claim: Claim) -> Begun | None:
        """What is asked by a claimed job; None if that is settled already."""
        with logs.about(job_id=claim.job_id):
            return self._begin(claim)

    def settle(self, begun: Begun, answer: Fit | FoldlineError) -> None:
        """Store a job's answer, or what became of it instead."""
        with logs.about(job_id=begun.record.id):
            self._settle(begun, answer)

    def _begin(self, claim: Claim) -> Begun | None:
        logger.info("job %s: begun, attempt %d", claim.job_id, claim.attempt)
        attempt = Attempt(claim, ledger=self.stores.ledger, leaving=self.leaving.is_due)
        try:
            record = self.stores.ledger.get(claim.job_id)
            stores = self.stores.of(record.tenant)
            question = record.answer_id
            if (model := _found(stores, question)) is not None:
                # An earlier attempt at this job may have stored it and could not say so.
                cached = claim.attempt == 1 or model.created_at < record.created_at
                self._succeed(claim, model, stores, cached=cached)
                return None
            samples = _samples(stores, record)
        except NotFound as error:
            # The store is the right one, and answers: others need not wait for this.
            logger.error("job %s: %s", claim.job_id, error)
            self._give_back(claim, Setback.NO_SAMPLES)
            return None
        except Exception as error:  # the door: whatever happens is the job's problem
            logger.exception("job %s: cannot be begun", claim.job_id)
            self._fail(claim, error)
            return None
        return Begun(record, attempt, FitRequest(samples, record.target, record.options))

    def _settle(self, begun: Begun, answer: Fit | FoldlineError) -> None:
        attempt = begun.attempt
        claim = attempt.claim
        try:
            if attempt.cut_short or isinstance(answer, Stopped):
                logger.info("job %s: stopped", claim.job_id)
                self._give_back(claim)
            elif isinstance(answer, Died):
                logger.error("job %s: %s", claim.job_id, answer)
                out_of_memory = isinstance(answer, OutOfMemory)
                self._give_back(claim, Setback.OUT_OF_MEMORY if out_of_memory else Setback.CRASH)
            elif isinstance(answer, Fit):
                self._insist(lambda: self._store(begun, answer))
            else:
                self._fail(claim, answer)
        except Exception as error:  # the door: whatever happens is the job's problem
            logger.exception("job %s: cannot be ended", claim.job_id)
            self._fail(claim, error)

    def _store(self, begun: Begun, found: Fit) -> None:
        record, attempt, samples = begun.record, begun.attempt, begun.request.samples
        question = record.answer_id
        stores = self.stores.of(record.tenant)
        started_at = record.started_at or record.created_at
        waited_s = max(0.0, (started_at - record.created_at).total_seconds())
        model = describe(
            found,
            samples,
            record.target,
            record.options,
            queue_s=waited_s,
            name=record.name,
            metadata=record.metadata,
        )
        stores.artifacts.put_model(question, render(model, found, samples))
        # Read back: another worker may have answered the same question first; its model stays.
        self._succeed(attempt.claim, _stored(stores, question), stores, iteration=attempt.iteration)

    def _succeed(
        self,
        claim: Claim,
        model: Model,
        stores: Stores,
        *,
        iteration: int = 0,
        cached: bool = False,
    ) -> None:
        stores.models.add(model.id, created_ms=model.created_ms, facts=model.facts)
        error = model.certificate.error(model.target)
        done = stores.ledger.succeed(
            claim,
            model_id=model.id,
            met=model.met,
            error=error,
            iteration=iteration,
            cached=cached,
        )
        logger.info(
            "job %s: %s: %d parameters, %d segments, target %s",
            claim.job_id,
            "done" if done else "done too late",
            model.architecture.parameters,
            model.segments,
            "met" if model.met else "not met",
        )

    def _give_back(self, claim: Claim, setback: Setback | None = None) -> None:
        self.memory_ran_out = self.memory_ran_out or setback is Setback.OUT_OF_MEMORY
        self._insist(lambda: self.stores.ledger.give_back(claim, setback=setback))

    def _fail(self, claim: Claim, error: Exception) -> None:
        """End a job with its problem. A store that is away is not the job's: it waits again.

        A store that is full may stay so for days, and every try would cost a fit. Where memory ran
        out, the job waits again too, but that counts.
        """
        try:
            if isinstance(error, Unavailable) and not isinstance(error, StoreFull):
                self.store_was_away = True
                self._give_back(claim)
                return
            logger.error("job %s: failed: %s", claim.job_id, error)
            if is_out_of_memory(error):
                self._give_back(claim, Setback.OUT_OF_MEMORY)
                return
            self._insist(lambda: self.stores.ledger.fail(claim, problem=problem_of(error)))
        except Unavailable as away:
            # Somebody finds it when the ledger is back: nobody holds it any more.
            logger.error("job %s: its end was not written: %s", claim.job_id, away)

    def _insist(self, action: Callable[[], object]) -> None:
        """Try again for a while as long as broker or store are away.

        Raises:
            Unavailable: they still are, or the worker has to leave.
            StoreFull: the store is; seconds do not change that.
        """
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                action()
            except StoreFull:
                raise
            except Unavailable as error:
                if time.monotonic() >= deadline or self.leaving.is_due():
                    raise
                logger.warning("to be tried again: %s", error)
                time.sleep(TRIES_EVERY_S)
            else:
                return


def _samples(stores: Stores, record: JobRecord) -> Samples:
    """The samples of a job.

    Raises:
        NotFound: they are gone from the store.
        Unavailable: the store does not answer, or is another one: that is not the job's.
    """
    place = record.input
    try:
        content = stores.artifacts.get_input(place.name, offset=place.offset, length=place.length)
    except NotFound:
        stores.binding.check()
        raise
    return Samples.from_npy(content)


def _found(stores: Stores, question: str) -> Model | None:
    try:
        return _stored(stores, question)
    except NotFound:
        return None


def _stored(stores: Stores, question: str) -> Model:
    return Model.model_validate_json(stores.artifacts.get_artifact(question, MANIFEST))
