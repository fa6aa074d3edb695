"""Models: the fitted networks, and everything that comes with them."""

from collections.abc import Iterable
from importlib import import_module
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Query, Response

from schemas.api_keys import Scope
from schemas.errors import FieldError, InvalidInput, NotFound
from schemas.evaluation import Evaluation, EvaluationCreate
from schemas.exports import Theme
from schemas.models import Model, ModelFilter, ModelPage
from schemas.network import Extrapolation, Network, check_outside, evaluate
from schemas.samples import Samples
from schemas.table import BreakpointTable
from service import answers, filters, paging
from service.authentication import requires
from service.bodies import POINTS_BODY, asked_points
from service.caching import IfNoneMatch, immutable
from service.declarations import (
    BAD_LIMIT,
    IMMUTABLE,
    NOT_MODIFIED,
    invalid,
    problem_responses,
    shown,
)
from service.dependencies import (
    ArtifactsDep,
    ManifestDep,
    ModelDep,
    ModelId,
    ModelListDep,
    SettingsDep,
)
from service.intake import check_count
from service.parameters import KNOWN_ONLY
from storage import keys
from storage.ports import ArtifactStore

JSON = "application/json"
CSV = "text/csv"
SVG = "image/svg+xml"

router = APIRouter(
    prefix="/v1/models",
    tags=["models"],
    dependencies=[requires(Scope.READ), KNOWN_ONLY],
    responses=problem_responses(401, 403, 422, 429),
)


@router.get(
    "",
    operation_id="listModels",
    summary="List models, newest first",
    responses={
        200: {"content": shown(answers.MODELS)},
        **problem_responses(BAD_LIMIT, 503),
    },
)
def list_models(
    models: ModelListDep,
    artifacts: ArtifactsDep,
    wanted: Annotated[ModelFilter, Depends(filters.wanted_models)],
    limit: paging.Limit = paging.DEFAULT_LIMIT,
    cursor: paging.Cursor = None,
) -> ModelPage:
    """One page of models; `next_cursor` leads to the next, and is null on the last.

    With filters a page may be short, or empty, and still have a next one.
    """
    ids, position = models.page(limit=limit, cursor=paging.unwrap(cursor), wanted=wanted)
    return ModelPage(data=list(_present(artifacts, ids)), next_cursor=paging.wrap(position))


def _present(artifacts: ArtifactStore, ids: Iterable[str]) -> Iterable[Model]:
    for model_id in ids:
        try:
            yield Model.model_validate_json(artifacts.get_artifact(model_id, keys.MANIFEST))
        except NotFound:
            # The list is in the broker and the models are files: those may have been deleted.
            continue


@router.get(
    "/{model_id}",
    operation_id="getModel",
    summary="Look at a model",
    response_model=Model,
    responses={
        200: {"content": shown(answers.MODEL), "headers": IMMUTABLE},
        **NOT_MODIFIED,
        **problem_responses(answers.NO_MODEL, 503),
    },
)
def get_model(document: ManifestDep, if_none_match: IfNoneMatch = None) -> Response:
    """What was fitted, how well (the certificate), what it cost, and what else was tried."""
    return immutable(document, JSON, if_none_match)


@router.delete(
    "/{model_id}",
    status_code=204,
    operation_id="deleteModel",
    dependencies=[requires(Scope.ADMIN)],
    summary="Delete a model",
    responses=problem_responses(answers.NO_MODEL, 503),
)
def delete_model(model: ModelDep, artifacts: ArtifactsDep, models: ModelListDep) -> None:
    """Deletes the network and all that comes with it, for good.

    Jobs that led to it stay. The same question, asked again, is fitted again.
    """
    # The list first: if the rest fails, asking again still finds the model.
    models.remove(model.id, created_ms=model.created_ms)
    artifacts.delete_model(model.id)


@router.post(
    "/{model_id}/evaluate",
    operation_id="evaluateModel",
    summary="Evaluate the network",
    openapi_extra={"requestBody": POINTS_BODY},
    responses={
        200: {"content": shown(answers.EVALUATION)},
        **problem_responses(400, answers.NO_MODEL, 408, 415, invalid("x", "is missing"), 503),
    },
)
def evaluate_model(
    model_id: ModelId,
    points: Annotated[EvaluationCreate, Depends(asked_points)],
    artifacts: ArtifactsDep,
    settings: SettingsDep,
) -> Evaluation:
    """The network's values at the given x, computed in its own number format.

    Outside the interval of the samples, where the certificate ends, there is what `extrapolate`
    says.
    """
    check_count(len(points.x), settings.max_points, ("x",))
    document = artifacts.get_artifact(model_id, keys.NETWORK)
    network = Network.model_validate_json(document)
    if points.extrapolate is not Extrapolation.NETWORK:
        table = BreakpointTable.model_validate_json(
            artifacts.get_artifact(model_id, keys.TABLE_JSON)
        )
        network = network.model_copy(update={"outside": table.outside(points.extrapolate)})
        check_outside(network)
    return _evaluation(network, points.x)


def _evaluation(network: Network, x: list[float]) -> Evaluation:
    # An x beyond the range of float32 overflows; it is found below and named.
    with np.errstate(over="ignore", invalid="ignore"):
        y = evaluate(network, x)
    bad = np.flatnonzero(~np.isfinite(y))
    if bad.size:
        index = int(bad[0])
        detail = f"is {x[index]} here, where the network leaves the range of {network.dtype.value}"
        raise InvalidInput(FieldError(path=("x", index), detail=f"{detail}; give a smaller value"))
    return Evaluation(x=x, y=y.tolist(), dtype=network.dtype)


@router.get(
    "/{model_id}/plot.svg",
    operation_id="getPlot",
    summary="See the network",
    response_class=Response,
    responses={
        200: {"content": shown(answers.PLOT, SVG), "headers": IMMUTABLE},
        **NOT_MODIFIED,
        **problem_responses(answers.NO_MODEL, 503),
    },
)
def get_plot(
    model_id: ModelId,
    model: ModelDep,
    artifacts: ArtifactsDep,
    theme: Annotated[
        Theme, Query(description="What it is to be seen on, and has as its background.")
    ] = Theme.LIGHT,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Samples, network and breakpoints; below, the error at the samples and between them.

    What there is to see is in it in words, too: as `title` and `desc`, for readers of screens.
    """
    samples = Samples.from_npy(artifacts.get_artifact(model_id, keys.SAMPLES))
    table = BreakpointTable.model_validate_json(artifacts.get_artifact(model_id, keys.TABLE_JSON))
    # With the first picture: matplotlib is a third of what an API process takes to start.
    picture: str = import_module("exports.plot").draw(model, samples, table, theme)
    return immutable(picture.encode(), SVG, if_none_match)
