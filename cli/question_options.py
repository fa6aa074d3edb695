"""What a network can be asked for on a command line: target, options, labels, whom to tell."""

import json
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel, Field, ValidationError

from schemas.errors import FieldError, InvalidInput
from schemas.jobs import MAX_LABELS, LabelKey, LabelValue, Name, check_goal
from schemas.options import ArchitectureChoice, DtypeChoice, Effort, FitOptions, Minimise
from schemas.samples import Samples
from schemas.strict import Document
from schemas.target import BetweenSamples, Metric, RelativeTo, Target, TargetIn, check_target
from schemas.validation import said
from schemas.webhooks import WebhookEvent
from service.labels import labels_of

D = TypeVar("D", bound=BaseModel)

TARGET = "Target"
SEARCH = "Search"
LABELS = "Labels"
WEBHOOK = "Webhook"

Curve = Annotated[
    str,
    typer.Argument(
        help="CSV with columns x and y, and weight or tolerance; or NPY. - is standard input."
    ),
]
Metadata = Annotated[
    list[str] | None,
    typer.Option(help="A label, KEY:VALUE; may be given several times.", rich_help_panel=LABELS),
]


def _option(panel: str, text: str) -> Any:  # noqa: ANN401  # typer says so itself
    return typer.Option(help=text, rich_help_panel=panel)


@dataclass(frozen=True)
class QuestionOptions:
    """Target and options, with the defaults of the API."""

    tolerance: Annotated[float | None, _option(TARGET, "Largest allowed error.")] = None
    relative_to: Annotated[
        RelativeTo,
        _option(
            TARGET, "The unit of the tolerance: that of y, or its range (for mse, their squares)."
        ),
    ] = RelativeTo.ABSOLUTE
    metric: Annotated[Metric, _option(TARGET, "How the error is measured.")] = Metric.MAX_ABS
    floor: Annotated[
        float | None, _option(TARGET, "For max_rel: a smaller size of y counts as this.")
    ] = None
    between_samples: Annotated[
        BetweenSamples, _option(TARGET, "What is promised between the samples.")
    ] = BetweenSamples.SMOOTH
    minimise: Annotated[Minimise, _option(SEARCH, "What the smallest network has fewest of.")] = (
        Minimise.PARAMETERS
    )
    max_parameters: Annotated[int | None, _option(SEARCH, "Budget of weights and biases.")] = None
    max_segments: Annotated[int | None, _option(SEARCH, "Budget of segments.")] = None
    architecture: Annotated[
        ArchitectureChoice, _option(SEARCH, "Which networks may be the answer.")
    ] = ArchitectureChoice.AUTO
    dtype: Annotated[
        DtypeChoice, _option(SEARCH, "auto: float32 where it holds the target, else float64.")
    ] = DtypeChoice.AUTO
    effort: Annotated[Effort, _option(SEARCH, "How hard to look.")] = Effort.STANDARD
    seed: Annotated[int, _option(SEARCH, "Of the random starts.")] = 0
    time_limit: Annotated[float | None, _option(SEARCH, "Seconds to spend at most.")] = None

    def checked(self, samples: Samples) -> tuple[Target, FitOptions]:
        """Target and options of a question about these samples.

        Raises:
            InvalidInput: they make no sense, alone or with the samples.
        """
        given = asdict(self)
        asked = _document(TargetIn, {name: given.pop(name) for name in TargetIn.model_fields})
        options = _document(FitOptions, given)
        target = asked.stored_for(samples)
        check_target(target, samples)
        check_goal(target, options)
        return target, options

    def said(self) -> dict[str, Any]:
        """What is not as it would be anyway."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value != getattr(_USUAL, name)}

    def refuse_beside_questions(self) -> None:
        """Refuse what each question of NDJSON says itself: here it would not be heeded.

        Raises:
            InvalidInput: naming each option, and what to write into the lines instead.
        """
        errors = []
        for name, value in self.said().items():
            part = "target" if name in TargetIn.model_fields else "options"
            place = json.dumps({part: {name: value}})
            detail = f"belongs into each question, not beside them: give each line {place}"
            errors.append(FieldError(path=(name,), detail=detail))
        if errors:
            raise InvalidInput(*errors)


_USUAL = QuestionOptions()


@dataclass(frozen=True)
class LabelOptions:
    """What people call it."""

    name: Annotated[str | None, _option(LABELS, "What people call it.")] = None
    metadata: Metadata = None

    def checked(self) -> "Labels":
        """The labels.

        Raises:
            InvalidInput: one is too long, or metadata is no key and value.
        """
        return _document(Labels, {"name": self.name, "metadata": labels_of(self.metadata or ())})


class Labels(Document):
    """Labels as a question has them."""

    name: Name | None
    metadata: dict[LabelKey, LabelValue] = Field(max_length=MAX_LABELS)


@dataclass(frozen=True)
class WebhookOptions:
    """Who is told of the end."""

    webhook_url: Annotated[
        str | None, _option(WEBHOOK, "Where the service is to POST to when it has ended.")
    ] = None
    webhook_events: Annotated[
        list[WebhookEvent] | None,
        typer.Option(
            "--webhook-event",
            help="What to tell of; everything unless it is given. May be given several times.",
            rich_help_panel=WEBHOOK,
        ),
    ] = None

    def document(self) -> dict[str, Any] | None:
        """The webhook as a question has it.

        Raises:
            InvalidInput: events without an address.
        """
        if self.webhook_url is None:
            if self.webhook_events:
                detail = "is missing: the events have to be told somewhere"
                raise InvalidInput(FieldError(path=("webhook", "url"), detail=detail))
            return None
        events = [event.value for event in self.webhook_events or ()]
        return {"url": self.webhook_url, **({"events": events} if events else {})}


def _document(kind: type[D], values: dict[str, Any]) -> D:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise InvalidInput(
            *(FieldError(path=item["loc"], detail=said(item)) for item in error.errors())
        ) from error
