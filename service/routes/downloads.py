"""Downloads: the network and the breakpoint table of a model, in the forms of their users."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from exports.forms import (
    NETWORK_TYPES,
    TABLE_TYPES,
    ZIP,
    CChoice,
    network_file,
    table_file,
)
from exports.subject import Subject
from schemas.api_keys import Scope
from schemas.exports import Arithmetic, NetworkFormat, TableFormat
from schemas.models import Model
from schemas.network import Extrapolation, Network
from schemas.samples import Samples
from schemas.table import BreakpointTable
from service import answers
from service.authentication import requires
from service.caching import IfNoneMatch
from service.declarations import (
    DOWNLOAD,
    NOT_MODIFIED,
    invalid,
    problem_responses,
    shown,
)
from service.dependencies import ArtifactsDep, ModelId
from service.files import Accept, content_of, download, form_by_type
from service.parameters import KNOWN_ONLY
from service.torch_programs import torch_program
from storage import keys
from storage.ports import ArtifactStore

router = APIRouter(
    prefix="/v1/models",
    tags=["models"],
    dependencies=[requires(Scope.READ), KNOWN_ONLY],
    responses=problem_responses(401, 403, 422, 429),
)

WRONG_CHOICE = invalid("arithmetic", "is for format=c")


@dataclass(frozen=True)
class Choice:
    """What is chosen of an export besides its form."""

    extrapolate: Annotated[
        Extrapolation | None,
        Query(
            description="What there is outside the interval of the samples: what the layers give "
            "(`network`, of which a table knows nothing), the outer segments go on, or the values "
            "at its ends stay. By default `network` for a network, and `linear` for a table."
        ),
    ] = None
    arithmetic: Annotated[
        Arithmetic | None,
        Query(
            description="For C: `float`, the number format of the network, or `fixed`, integers of "
            "16 bits in and 32 bits out, with an error that is certified for each input."
        ),
    ] = None
    name: Annotated[
        str | None,
        Query(description="For C: what to call the function and its files; else by the model."),
    ] = None

    @property
    def of_c(self) -> CChoice:
        """What is chosen of C code."""
        return CChoice(self.arithmetic, self.name)


ChoiceDep = Annotated[Choice, Depends()]


@router.get(
    "/{model_id}/network",
    operation_id="getNetwork",
    summary="Download the network",
    response_model=Network,
    responses={
        200: {
            "content": shown(answers.NETWORK) | content_of(NETWORK_TYPES.values()),
            "headers": DOWNLOAD,
        },
        **NOT_MODIFIED,
        **problem_responses(answers.NO_MODEL, 406, WRONG_CHOICE, 503),
    },
)
def get_network(
    model_id: ModelId,
    artifacts: ArtifactsDep,
    choice: ChoiceDep,
    form: Annotated[
        NetworkFormat | None,
        Query(alias="format", description="The form; goes before the Accept header."),
    ] = None,
    accept: Accept = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The weights, from raw x to raw y: `weight @ h + bias`, ReLU between the layers.

    As JSON, ONNX, safetensors, an exported program of torch, or C99. All but JSON carry the
    certificate and 16 pairs of input and output to check them by.
    """
    chosen = form or form_by_type(NETWORK_TYPES, accept)
    if chosen is NetworkFormat.JSON and choice == Choice():
        content = artifacts.get_artifact(model_id, keys.NETWORK)
    else:
        subject = _subject(artifacts, model_id, choice.extrapolate or Extrapolation.NETWORK)
        content = network_file(subject, chosen, choice.of_c, program=torch_program)
    return _download(content, chosen, NETWORK_TYPES[chosen], model_id, if_none_match)


@router.get(
    "/{model_id}/breakpoints",
    operation_id="getBreakpoints",
    summary="Download the breakpoint table",
    response_model=BreakpointTable,
    responses={
        200: {
            "content": shown(answers.TABLE)
            | content_of(TABLE_TYPES.values(), csv=answers.TABLE.to_csv()),
            "headers": DOWNLOAD,
        },
        **NOT_MODIFIED,
        **problem_responses(answers.NO_MODEL, 406, WRONG_CHOICE, 503),
    },
)
def get_breakpoints(
    model_id: ModelId,
    artifacts: ArtifactsDep,
    choice: ChoiceDep,
    form: Annotated[
        TableFormat | None,
        Query(alias="format", description="The form; goes before the Accept header."),
    ] = None,
    accept: Accept = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The network's function segment by segment: JSON, CSV, NPY, or C99 that looks x up."""
    chosen = form or form_by_type(TABLE_TYPES, accept)
    stored = {TableFormat.JSON: keys.TABLE_JSON, TableFormat.CSV: keys.TABLE_CSV}
    if chosen in stored and choice == Choice():
        content = artifacts.get_artifact(model_id, stored[chosen])
    else:
        subject = _subject(artifacts, model_id, choice.extrapolate or Extrapolation.LINEAR)
        content = table_file(subject, chosen, choice.of_c)
    return _download(content, chosen, TABLE_TYPES[chosen], model_id, if_none_match)


def _subject(artifacts: ArtifactStore, model_id: str, extrapolate: Extrapolation) -> Subject:
    return Subject.of(
        Model.model_validate_json(artifacts.get_artifact(model_id, keys.MANIFEST)),
        Network.model_validate_json(artifacts.get_artifact(model_id, keys.NETWORK)),
        BreakpointTable.model_validate_json(artifacts.get_artifact(model_id, keys.TABLE_JSON)),
        Samples.from_npy(artifacts.get_artifact(model_id, keys.SAMPLES)),
        extrapolate=extrapolate,
    )


def _download(
    content: bytes,
    form: NetworkFormat | TableFormat,
    media_type: str,
    model_id: str,
    if_none_match: str | None,
) -> Response:
    ending = "zip" if media_type == ZIP else form.value
    # Ids are of letters and digits.
    name = f"{model_id[:12]}.{ending}"
    return download(content, media_type, name=name, if_none_match=if_none_match)
