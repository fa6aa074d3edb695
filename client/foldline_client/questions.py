"""Questions as they are sent: arguments of Python in, JSON out."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypedDict

import numpy as np
from numpy.typing import ArrayLike

from foldline_client.documents.webhooks import Webhook
from foldline_client.effects import Call

JSON = "application/json"
_TARGET = ("floor", "between_samples")
_LABELS = ("name", "metadata", "webhook", "custom_id")
_NO_NUMBERS = "mMSUc"
# One with a relative error has no unit.
_UNITLESS = "max_rel"

# Where to tell the end: an address, or a document with ``url`` and ``events``.
WebhookLike = str | Mapping[str, Any] | Webhook
# Two columns, or what ``fit`` takes, by name, and a ``custom_id``.
QuestionLike = tuple[ArrayLike, ArrayLike] | Mapping[str, Any]


class FitChoices(TypedDict, total=False):
    """How the network is looked for, and what else the target says; each has a default.

    Attributes:
        floor: for ``max_rel``: errors are relative to max(|y|, floor), so that y may be 0.
        between_samples: what is promised there: ``smooth``, ``linear`` or ``none``.
        architecture: ``auto``, ``compelled`` or ``shallow``.
        minimise: what there is to be fewest of: ``parameters``, ``segments`` or ``neurons``.
        max_parameters: a budget of weights and biases.
        max_segments: a budget of segments.
        effort: ``quick``, ``standard`` or ``thorough``.
        dtype: of the weights: ``auto``, ``float32`` or ``float64``.
        seed: of the random starts.
        time_limit: seconds of fitting.
    """

    floor: float | None
    between_samples: str
    architecture: str
    minimise: str
    max_parameters: int | None
    max_segments: int | None
    effort: str
    dtype: str
    seed: int
    time_limit: float | None


class TargetChoices(FitChoices, total=False):
    """The same, with all of the target.

    Attributes:
        tolerance: the largest error allowed.
        relative_to: what it is a fraction of: ``absolute``, nothing, or ``range`` (of y).
        metric: ``max_abs``, ``rmse``, ``mse`` or ``max_rel``.
    """

    tolerance: float | None
    relative_to: str
    metric: str


class FitDetails(FitChoices, total=False):
    """What else can be said of one question.

    Attributes:
        weight: how much each sample counts, for ``rmse`` and ``mse``.
        name: of the job and its model.
        metadata: up to 16 labels.
        webhook: where the end is told.
    """

    weight: ArrayLike | None
    name: str | None
    metadata: Mapping[str, str] | None
    webhook: WebhookLike | None


def question(
    x: ArrayLike,
    y: ArrayLike,
    *,
    tolerance: ArrayLike | None,
    relative_to: str | None,
    metric: str,
    weight: ArrayLike | None = None,
    **said: Any,  # noqa: ANN401  # of many types, which the service checks
) -> dict[str, Any]:
    """One question as a document; what is not said is left to the service.

    Args:
        x: abscissae, [N].
        y: ordinates, [N].
        tolerance: the largest error, or one for each sample, [N]; None with a budget.
        relative_to: ``range`` or ``absolute``; None for the range of y (its square for mse), as
            far as the metric has a unit.
        metric: ``max_abs``, ``rmse``, ``mse`` or ``max_rel``.
        weight: how much each sample counts, [N].
        said: members of the target, of the options, and labels.

    Raises:
        TypeError, ValueError: a column is no column of numbers.
    """
    samples = {"x": numbers(x, "x"), "y": numbers(y, "y")}
    if weight is not None:
        samples["weight"] = numbers(weight, "weight")
    target = {
        "metric": metric,
        "tolerance": _tolerance(tolerance),
        "relative_to": relative_to or ("absolute" if metric == _UNITLESS else "range"),
    }
    given = {name: value for name, value in said.items() if value is not None}
    labels = {name: given.pop(name) for name in _LABELS if name in given}
    if "webhook" in labels:
        labels["webhook"] = webhook_document(labels["webhook"])
    target |= {name: given.pop(name) for name in _TARGET if name in given}
    return {"samples": samples, "target": target, "options": given, **labels}


def question_of(item: QuestionLike, usual: Mapping[str, Any]) -> dict[str, Any]:
    """One question of a batch; what it does not say itself is as usual.

    Raises:
        TypeError, ValueError: it is none.
    """
    if isinstance(item, Mapping) and {"x", "y"} <= item.keys():
        return question(**{**usual, **item})
    if isinstance(item, Mapping) or not hasattr(item, "__len__") or len(item) != 2:
        raise TypeError("a function is a pair (x, y), or a mapping with x and y")
    x, y = item
    return question(x, y, **usual)


def numbers(values: ArrayLike, name: str) -> list[float]:
    """A column as JSON has it.

    Raises:
        TypeError, ValueError: it is none, or not of numbers; with its name.
    """
    if np.ma.is_masked(values):
        raise ValueError(f"{name} has masked values: leave these samples out")
    array = np.asarray(values)
    if array.dtype.kind in _NO_NUMBERS:
        raise TypeError(f"{name} must be real numbers, not {array.dtype}")
    if array.ndim != 1:
        raise ValueError(f"{name} must be one column, not an array of shape {array.shape}")
    try:
        column: list[float] = array.astype(np.float64).tolist()
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be real numbers: {error}") from error
    return column


def _tolerance(tolerance: ArrayLike | None) -> float | list[float] | None:
    if tolerance is None:
        return None
    if np.ndim(tolerance) == 0:
        return numbers(np.atleast_1d(tolerance), "tolerance")[0]
    return numbers(tolerance, "tolerance")


def webhook_document(webhook: WebhookLike) -> dict[str, Any]:
    """A webhook as a document.

    Raises:
        TypeError: it is none.
    """
    if isinstance(webhook, str):
        return {"url": webhook}
    if isinstance(webhook, Webhook):
        return webhook.model_dump(mode="json", exclude_none=True)
    if isinstance(webhook, Mapping):
        return dict(webhook)
    raise TypeError(f"the webhook must be an address, or a mapping with a url, not {webhook!r}")


def encoded(document: Mapping[str, Any]) -> bytes:
    """A document as JSON. NaN stays in it: the service says best where it is.

    Raises:
        TypeError: something in it cannot be said in JSON.
    """
    return json.dumps(document, separators=(",", ":"), default=_of_python).encode()


def _of_python(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} cannot be sent: it must be a number, text, a list or a mapping")


def making(call: Call) -> Call:
    """The same call, which makes what it makes only once, however often it is sent."""
    return replace(call, headers={**call.headers, "Idempotency-Key": str(uuid.uuid4())})
