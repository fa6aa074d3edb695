"""What can go wrong with the service, or on the way to it.

FoldlineError
├── APIError                 the service answered with an error
│   ├── BadRequest           400 and the like: the service does not understand the request
│   ├── Unauthenticated      401: a key is needed, or the one that was sent is none
│   ├── Forbidden            403: the key is not good for this
│   ├── NotFound             404: there is no such job, batch or model
│   ├── Conflict             409: it does not go with the state of the thing
│   ├── TooLarge             413: the body has more bytes than the service takes
│   ├── InvalidInput         422: what was sent cannot be used; ``errors`` names the fields
│   ├── RateLimited          429: too many requests, or too many jobs wait
│   ├── ServiceUnavailable   502, 503, 504: the service, or a part of it, is away
│   ├── StoreFull            507: the service has no room left
│   └── ServerError          500 and the like: something went wrong there
├── UnexpectedAnswer         what answered is no Foldline service, or a much newer one
├── ConnectionFailed         no answer came
├── NotConnected             the client is closed, or the model was pickled without it
├── JobFailed                a job ended without a model
├── JobCancelled             a job was cancelled
├── Miscomputed              this machine computes a network otherwise than it was certified
├── WaitTimeout              it has not ended within the time; it goes on all the same
└── MissingLibrary           an optional library is not installed

A target that cannot be met is not an error: it is a model with ``met = False``. Arguments that
cannot be sent are ``TypeError`` or ``ValueError``, as everywhere in Python.
"""

from collections.abc import Mapping

from foldline_client.documents.batches import Batch
from foldline_client.documents.jobs import Job
from foldline_client.documents.problems import Problem


class FoldlineError(Exception):
    """Root of the tree above."""


class APIError(FoldlineError):
    """The service answered with an error; the message is in its own words.

    Attributes:
        status: the status of HTTP.
        problem: what the service says of it; None if something else answered, such as a proxy.
        request_id: under which the log of the service has the request, if it says so.
        repeated: whether an earlier try of the same request may have been carried out.
    """

    def __init__(
        self,
        status: int,
        problem: Problem | None,
        *,
        request_id: str | None = None,
        repeated: bool = False,
    ) -> None:
        """Keep what was answered."""
        self.status = status
        self.problem = problem
        self.request_id = request_id
        self.repeated = repeated
        super().__init__(status, problem)

    def __str__(self) -> str:
        """What is wrong."""
        if self.problem is None:
            return f"status {self.status}"
        return f"{self.problem.title}: {self.problem.detail}"

    @property
    def errors(self) -> Mapping[str, str]:
        """What is wrong with which field: ``{"samples.x.3": "must be ..."}``."""
        if self.problem is None:
            return {}
        return {error.field: error.detail for error in self.problem.errors}


class BadRequest(APIError):
    """The service does not understand the request."""


class Unauthenticated(APIError):
    """A key is needed, or the one that was sent is none."""


class Forbidden(APIError):
    """The key is not good for this."""


class NotFound(APIError):
    """There is no such job, batch or model."""


class Conflict(APIError):
    """What was asked does not go with the state of the thing."""


class TooLarge(APIError):
    """The body has more bytes than the service takes."""


class InvalidInput(APIError):
    """What was sent cannot be used; ``errors`` names the fields."""


class RateLimited(APIError):
    """There were too many requests, or too many jobs wait, also after all retries."""


class ServiceUnavailable(APIError):
    """The service, or a part of it, is away, also after all retries."""


class StoreFull(APIError):
    """The service has no room left."""


class ServerError(APIError):
    """Something went wrong in the service; its log has the request under ``request_id``."""


class UnexpectedAnswer(FoldlineError):
    """What answered is no Foldline service, or one that is much newer than this client."""


class ConnectionFailed(FoldlineError):
    """No answer came, also after all retries; the message says why."""


class NotConnected(FoldlineError):
    """There is nobody to ask: the client is closed, or the model was pickled without it."""


class JobFailed(FoldlineError):
    """A job ended without a model.

    Attributes:
        job: the job.
        problem: why, in the words of the service.
    """

    def __init__(self, job: Job) -> None:
        """Keep the job."""
        self.job = job
        self.problem = job.problem
        super().__init__(job)

    def __str__(self) -> str:
        """Which one, and why."""
        reason = self.problem.detail if self.problem else "the service does not say why"
        return f"{self.job.id} failed: {reason}"


class JobCancelled(FoldlineError):
    """A job was cancelled.

    Attributes:
        job: the job.
    """

    def __init__(self, job: Job) -> None:
        """Keep the job."""
        self.job = job
        super().__init__(job)

    def __str__(self) -> str:
        """Which one."""
        return f"{self.job.id} was cancelled"


class Miscomputed(FoldlineError):
    """This machine computes a network otherwise than it was certified, by more than rounding."""


class WaitTimeout(FoldlineError):
    """What was waited for has not ended within the time; it goes on all the same.

    Attributes:
        pending: the job or batch as it was last.
        timeout: the time, in seconds.
    """

    def __init__(self, pending: Job | Batch, timeout: float) -> None:
        """Keep what was waited for."""
        self.pending = pending
        self.timeout = timeout
        super().__init__(pending, timeout)

    def __str__(self) -> str:
        """Which one, and how long it was waited for."""
        return f"{self.pending.id} is {self.pending.status} after {self.timeout:g} s; it goes on"


class MissingLibrary(FoldlineError, ImportError):
    """An optional library is not installed; the message says how to get it."""


_OF_STATUS: Mapping[int, type[APIError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: InvalidInput,
    429: RateLimited,
    502: ServiceUnavailable,
    503: ServiceUnavailable,
    504: ServiceUnavailable,
    507: StoreFull,
}


def of_status(status: int) -> type[APIError]:
    """The class of an error with this status."""
    return _OF_STATUS.get(status, BadRequest if status < 500 else ServerError)
