"""Foldline from Python: samples and an accuracy target in, a certified network out.

with Client() as client:
    model = client.fit(x, y, tolerance=1e-3)
    y = model(x)
"""

from foldline_client.async_client import AsyncClient
from foldline_client.client import Client
from foldline_client.documents.batches import Batch, BatchResult, BatchStatus, ResultStatus
from foldline_client.documents.jobs import Job, JobEvent, JobStatus, Phase
from foldline_client.documents.models import Certificate
from foldline_client.documents.problems import Problem, ProblemType
from foldline_client.errors import (
    APIError,
    BadRequest,
    Conflict,
    ConnectionFailed,
    FoldlineError,
    Forbidden,
    InvalidInput,
    JobCancelled,
    JobFailed,
    Miscomputed,
    MissingLibrary,
    NotConnected,
    NotFound,
    RateLimited,
    ServerError,
    ServiceUnavailable,
    StoreFull,
    TooLarge,
    Unauthenticated,
    UnexpectedAnswer,
    WaitTimeout,
)
from foldline_client.flows.models import ExportChoices, ModelFilter
from foldline_client.model import AsyncModel, Model
from foldline_client.network import Network
from foldline_client.questions import FitChoices, FitDetails
from foldline_client.version import __version__

__all__ = [
    "APIError",
    "AsyncClient",
    "AsyncModel",
    "BadRequest",
    "Batch",
    "BatchResult",
    "BatchStatus",
    "Certificate",
    "Client",
    "Conflict",
    "ConnectionFailed",
    "ExportChoices",
    "FitChoices",
    "FitDetails",
    "FoldlineError",
    "Forbidden",
    "InvalidInput",
    "Job",
    "JobCancelled",
    "JobEvent",
    "JobFailed",
    "JobStatus",
    "Miscomputed",
    "MissingLibrary",
    "Model",
    "ModelFilter",
    "Network",
    "NotConnected",
    "NotFound",
    "Phase",
    "Problem",
    "ProblemType",
    "RateLimited",
    "ResultStatus",
    "ServerError",
    "ServiceUnavailable",
    "StoreFull",
    "TooLarge",
    "Unauthenticated",
    "UnexpectedAnswer",
    "WaitTimeout",
    "__version__",
]
