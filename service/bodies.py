"""A question as it is sent: JSON, or the curve itself with the target in the address."""

import io
from collections.abc import Mapping, Set
from email.message import Message
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from schemas.csv_lines import lines_of
from schemas.csv_text import read_columns
from schemas.curves import CurveIn
from schemas.errors import FieldError, InvalidInput
from schemas.evaluation import EvaluationCreate
from schemas.jobs import JobCreate, Name
from schemas.npy import read_arrays
from schemas.options import SMALLEST_NETWORK, ArchitectureChoice, DtypeChoice, Effort, Minimise
from schemas.origins import ROWS, Origin
from schemas.samples import MAX_MAGNITUDE, Samples
from schemas.strict import Document
from schemas.target import BetweenSamples, Metric, RelativeTo
from schemas.validation import said
from schemas.webhooks import WebhookEvent, WebhookUrl
from service.examples import CSV_EXAMPLE, CURVE_EXAMPLES, EVALUATION_EXAMPLES, JOB_EXAMPLES
from service.intake import check_count
from service.json_values import parse_json
from service.labels import labels_of
from service.resources import ResourcesDep

D = TypeVar("D", bound=Document)

JSON = "application/json"
CSV = "text/csv"
NPY = "application/x-npy"
# Another word for it: which of the two an array is in shows by itself.
NPZ = "application/x-npz"
_OFFERED = f"{JSON}, {CSV}, {NPY}"
TARGET_FIELDS = ("metric", "tolerance", "relative_to", "floor", "between_samples")


def _body(kind: str, examples: dict[str, Any], files: Mapping[str, Any]) -> dict[str, Any]:
    """A body as FastAPI would declare it, if it knew of more than JSON."""
    schema = {"$ref": f"#/components/schemas/{kind}-Input"}
    content = {JSON: {"schema": schema, "examples": examples}, **files}
    return {"required": True, "content": content}


_CURVE_FILES = {
    CSV: {"schema": {"type": "string"}, "example": CSV_EXAMPLE},
    NPY: {"schema": {"type": "string", "format": "binary"}},
}
REQUEST_BODY = _body("JobCreate", JOB_EXAMPLES, _CURVE_FILES)
CURVE_BODY = _body("CurveIn", CURVE_EXAMPLES, _CURVE_FILES)
POINTS_BODY = _body("EvaluationCreate", EVALUATION_EXAMPLES, {})


class QuestionByQuery(Document):
    """Target and options in the address, for a body that is the curve itself."""

    metric: Metric | None = None
    tolerance: float | None = Field(default=None, ge=0)
    relative_to: RelativeTo | None = None
    floor: float | None = Field(default=None, gt=0, le=MAX_MAGNITUDE)
    between_samples: BetweenSamples | None = None
    architecture: ArchitectureChoice | None = None
    minimise: Minimise | None = None
    max_parameters: int | None = Field(default=None, ge=SMALLEST_NETWORK)
    max_segments: int | None = Field(default=None, ge=1)
    effort: Effort | None = None
    dtype: DtypeChoice | None = None
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    time_limit: float | None = Field(default=None, gt=0, description="Seconds of fitting.")
    name: Name | None = None
    metadata: list[str] | None = Field(
        default=None,
        description="`key:value`, as in the filter of models; may be given several times.",
    )
    webhook_url: WebhookUrl | None = Field(
        default=None, description="Where to POST to when it has ended."
    )
    webhook_events: list[WebhookEvent] | None = Field(
        default=None,
        description="What to tell of; everything unless it is given. May be given several times.",
    )

    def about(self) -> dict[str, Any]:
        """Name, metadata and webhook, as a JSON body has them.

        Raises:
            InvalidInput: metadata that is no key and value.
        """
        told = {"url": self.webhook_url, "events": self.webhook_events}
        webhook = {name: value for name, value in told.items() if value is not None}
        metadata = labels_of(self.metadata or ())
        return {"name": self.name, "metadata": metadata, "webhook": webhook or None}


# What it takes to say that.
ABOUT = frozenset({"name", "metadata", "webhook_url", "webhook_events"})


async def asked_question(
    request: Request, by_query: Annotated[QuestionByQuery, Query()], resources: ResourcesDep
) -> JobCreate:
    """The question in a request.

    Raises:
        HTTPException: 400 for a body that is no JSON, 415 for one of another kind.
        RequestValidationError: fields are missing, unknown or wrong.
        InvalidInput: the file is not what it says it is, or the target is given twice.
    """
    media_type = media_type_of(request)
    if media_type in (CSV, NPY):
        data = await request.body()
        max_points = resources.settings.max_points
        return await run_in_threadpool(_of_curve, media_type, data, by_query, max_points)
    if media_type != JSON:
        raise HTTPException(
            415,
            f"send the question as {JSON}, or the curve itself as {CSV} or {NPY}, and say which "
            "in Content-Type",
            headers={"Accept": _OFFERED},
        )
    check_address(by_query, belongs_into="the JSON body")
    document = parse_json(await request.body(), resources.settings.max_points)
    return validated(JobCreate, document, place="body")


async def asked_curve(request: Request, resources: ResourcesDep) -> Samples:
    """The samples in a request, as a question about them would have them.

    Raises:
        HTTPException: 400 for a body that is no JSON, 415 for one of another kind.
        RequestValidationError: fields are missing, unknown or wrong.
        InvalidInput: the file is not what it says it is, or no question about it has an answer.
    """
    media_type = media_type_of(request)
    max_points = resources.settings.max_points
    if media_type not in (JSON, CSV, NPY):
        raise HTTPException(
            415,
            f"send the curve as {JSON}, {CSV} or {NPY}, and say which in Content-Type",
            headers={"Accept": _OFFERED},
        )
    return await run_in_threadpool(_samples, media_type, await request.body(), max_points)


def check_address(
    by_query: QuestionByQuery, *, belongs_into: str, besides: Set[str] = frozenset()
) -> None:
    """Refuse what the body has a place for: it would not be heeded.

    Args:
        by_query: what the address says.
        belongs_into: where it should be said.
        besides: the names of what is heeded all the same.

    Raises:
        InvalidInput: naming each.
    """
    detail = f"belongs into {belongs_into}, not into the address"
    given = by_query.model_dump(exclude_none=True, exclude=set(besides))
    if given:
        raise InvalidInput(*(FieldError(path=(name,), detail=detail) for name in given))


async def asked_points(request: Request, resources: ResourcesDep) -> EvaluationCreate:
    """The points in a request.

    Raises:
        HTTPException: 400 for a body that is no JSON, 415 for one of another kind.
        RequestValidationError: fields are missing, unknown or wrong.
        InvalidInput: there are more values, or members of an object, than any document here has.
    """
    if media_type_of(request) != JSON:
        raise HTTPException(
            415,
            f"the body must be JSON: send it with Content-Type: {JSON}",
            headers={"Accept": JSON},
        )
    document = parse_json(await request.body(), resources.settings.max_points)
    return validated(EvaluationCreate, document, place="body")


def media_type_of(request: Request) -> str:
    """The kind of body a request says it has; empty if it does not say."""
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    if not message.get("content-type"):
        return ""
    kind = message.get_content_type()
    if kind.startswith("application/") and kind.endswith("+json"):
        return JSON
    return NPY if kind == NPZ else kind


def _of_curve(
    media_type: str, data: bytes, by_query: QuestionByQuery, max_points: int
) -> JobCreate:
    columns, origin = _columns(media_type, data, max_points)
    given = by_query.model_dump(exclude_none=True, exclude=set(ABOUT))
    target = {name: given.pop(name) for name in TARGET_FIELDS if name in given}
    if "tolerance" in columns:
        if "tolerance" in target:
            detail = "is a column of the file already: give one or the other"
            raise InvalidInput(FieldError(path=("tolerance",), detail=detail))
        target["tolerance"] = columns.pop("tolerance")
    question = {"samples": columns, "target": target, "options": given, **by_query.about()}
    return validated(JobCreate, question, place="query", origin=origin).read_from(origin)


def _samples(media_type: str, data: bytes, max_points: int) -> Samples:
    if media_type != JSON:
        return _of_curve(media_type, data, QuestionByQuery(), max_points).sampled()
    curve = validated(CurveIn, parse_json(data, max_points), place="body")
    check_count(len(curve.x), max_points, ("x",))
    return curve.canonical()


def _columns(
    media_type: str, data: bytes, max_points: int
) -> tuple[dict[str, list[float]], Origin]:
    if media_type == NPY:
        columns = read_arrays(data, max_points=max_points)
        return {name: column.tolist() for name, column in columns.items()}, ROWS
    return read_columns(lines_of(io.BytesIO(data)), max_points=max_points)


def validated(
    kind: type[D],
    document: Any,  # noqa: ANN401
    *,
    place: str,
    origin: Origin | None = None,
) -> D:
    """A document of this kind.

    Args:
        kind: of which kind.
        document: what was sent.
        place: where it was.
        origin: where its samples were, if they were in a file.

    Raises:
        RequestValidationError: fields are missing, unknown or wrong; each as the client wrote it.
    """
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False)
        reported = [_reported(entry, place, origin) for entry in found]
        raise RequestValidationError(reported) from error


def _reported(entry: ErrorDetails, place: str, origin: Origin | None) -> dict[str, Any]:
    path = entry["loc"]
    if origin is not None:
        path, detail = origin.located(path, said(entry))
        if path != entry["loc"]:
            return {"type": "sample", "loc": (place, *path), "msg": detail}
    return {**entry, "loc": (place, *_as_sent(path, place))}


def _as_sent(path: tuple[int | str, ...], place: str) -> tuple[int | str, ...]:
    """The path as the client wrote it: in the address there is no ``target`` around a tolerance."""
    if place == "query" and path[:1] in (("target",), ("options",)):
        return path[1:]
    if place == "query" and path[:1] == ("webhook",):
        return (f"webhook_{path[1]}", *path[2:])
    return path
