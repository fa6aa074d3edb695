"""Models: to find them, to look at them, to take them along, to delete them."""

import io
from typing import Any, Literal, TypedDict

import numpy as np

from foldline_client.answers import parsed
from foldline_client.documents import models as documents
from foldline_client.documents.models import Model, ModelPage
from foldline_client.documents.webhooks import WebhookSecret
from foldline_client.effects import Call, Flow, Params, send
from foldline_client.errors import UnexpectedAnswer
from foldline_client.flows.addresses import query, quoted_id
from foldline_client.flows.deleting import delete_at
from foldline_client.flows.pages import ListFilter, entries
from foldline_client.network import Network, Rows

PATH = "/v1/models"
# An exported program of torch is made by a process of its own.
EXPORT_PATIENCE_S = 180.0
# Forms that only tables have; where both have one, it is the network's.
TABLE_FORMS = frozenset({"csv", "npy"})
PICTURE = "svg"


def path_of(model: str | Model) -> str:
    """The address of a model."""
    return f"{PATH}/{quoted_id(model, Model)}"


def get_model(model: str | Model) -> Flow[Model]:
    """Look at a model."""
    return parsed(Model, (yield from send(Call("GET", path_of(model)))).content)


class ModelFilter(ListFilter, total=False):
    """Which models are wanted: by what ``ListFilter`` has, of the job that made it, and besides.

    Attributes:
        met: whether the target is met.
    """

    met: bool | None


def list_models(wanted: ModelFilter) -> Flow[None]:
    """Emit every model that is wanted."""
    return entries(PATH, ModelPage, query(wanted))


def delete(model: str | Model) -> Flow[None]:
    """Delete a model.

    Raises:
        NotFound: there was none before.
    """
    return delete_at(path_of(model))


class FileChoices(TypedDict, total=False):
    """What is chosen of a network or a table besides its form.

    Attributes:
        of: ``network``, ``breakpoints`` or ``samples``; by default what the form is for, else the
            network.
        extrapolate: outside the interval of the samples: ``network``, ``linear`` or ``clamp``.
        arithmetic: of C code: ``float`` or ``fixed``.
        name: of C code: what to call the function and its files.
    """

    of: Literal["network", "breakpoints", "samples"]
    extrapolate: str | None
    arithmetic: str | None
    name: str | None


class PictureChoices(TypedDict, total=False):
    """What is chosen of a picture.

    Attributes:
        theme: ``light`` or ``dark``, what it is to be seen on.
    """

    theme: str | None


class ExportChoices(FileChoices, PictureChoices, total=False):
    """What is chosen of an export besides its form: see ``FileChoices`` and ``PictureChoices``."""


def export(model: str | Model, form: str, choices: ExportChoices) -> Flow[bytes]:
    """The network of a model, its table or its samples, in some form; or a picture of it.

    Raises:
        ValueError: it is of none of these.
    """
    if form == PICTURE:
        return (yield from _download(model, "plot.svg", query(choices), EXPORT_PATIENCE_S))
    chosen: dict[str, Any] = {"format": form, **choices}
    subject = chosen.pop("of", "breakpoints" if form in TABLE_FORMS else "network")
    if subject not in ("network", "breakpoints", "samples"):
        raise ValueError(f"of must be 'network', 'breakpoints' or 'samples', not {subject!r}")
    return (yield from _download(model, subject, query(chosen), EXPORT_PATIENCE_S))


def network(model: str | Model, extrapolate: str | None) -> Flow[Network]:
    """The network of a model, to be evaluated.

    Raises:
        Miscomputed: not as it was certified, on this machine.
    """
    params = query({"format": "json", "extrapolate": extrapolate})
    content = yield from _download(model, "network", params)
    return Network.of(parsed(documents.Network, content))


def breakpoints(model: str | Model) -> Flow[Rows]:
    """The table of a model.

    Raises:
        UnexpectedAnswer: what came is none.
    """
    content = yield from _download(model, "breakpoints", {"format": "npy"})
    try:
        rows: Rows = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise UnexpectedAnswer("the answer is no table in NPY") from error
    return rows


def _download(
    model: str | Model, subject: str, params: Params, patience_s: float = 0.0
) -> Flow[bytes]:
    call = Call("GET", f"{path_of(model)}/{subject}", params, patience_s=patience_s)
    return (yield from send(call)).content


def rotate_webhook_secret(overlap_s: float | None) -> Flow[str]:
    """Have deliveries signed with a new secret."""
    params: Params = {} if overlap_s is None else {"overlap_s": str(overlap_s)}
    answer = yield from send(Call("POST", "/v1/webhooks/secret/rotate", params))
    return parsed(WebhookSecret, answer.content).secret


def webhook_secret() -> Flow[str]:
    """What deliveries to webhooks are signed with."""
    answer = yield from send(Call("GET", "/v1/webhooks/secret"))
    return parsed(WebhookSecret, answer.content).secret
