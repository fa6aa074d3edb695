"""Models as people use them: called like the function they are, drawn, and taken along."""

from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Protocol, TypeVar, Unpack

from numpy.typing import ArrayLike
from pydantic import PrivateAttr

from foldline_client.documents import models as documents
from foldline_client.effects import Flow
from foldline_client.flows import models as flows
from foldline_client.flows.curves import curve
from foldline_client.network import Network, Numbers, Rows
from foldline_client.plotting import data_frame, draw

T = TypeVar("T")


class Perform(Protocol):
    """Does what a flow says."""

    def __call__(self, flow: Flow[T]) -> T:
        """Do all of it; returns what it returns."""
        ...


class AsyncPerform(Protocol):
    """The same with await."""

    def __call__(self, flow: Flow[T]) -> Coroutine[Any, Any, T]:
        """Do all of it; returns what it returns."""
        ...


class FittedModel(documents.Model):
    """What a model says of itself, and what has been downloaded of it."""

    _networks: dict[str | None, Network] = PrivateAttr(default_factory=dict)
    _breakpoints: list[Rows] = PrivateAttr(default_factory=list)
    _curves: list[Rows] = PrivateAttr(default_factory=list)

    def __repr__(self) -> str:
        """The essentials: which network, how large, how good."""
        shape = self.architecture
        name = "" if self.name is None else f" {self.name!r}"
        widths = "-".join(map(str, shape.layer_widths))
        return (
            f"<Model{name} {self.id[:8]}: {shape.name} {widths}, {shape.parameters} parameters, "
            f"{self.segments} segments, {shape.dtype}, "
            f"max_abs_error {self.certificate.max_abs_error:.3g}, "
            f"target {'met' if self.met else 'NOT met'}>"
        )

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Whether it is the same model: one never changes."""
        return isinstance(other, documents.Model) and self.id == other.id

    def __hash__(self) -> int:
        """Of its id."""
        return hash(self.id)

    def _network(self, extrapolate: str | None) -> Flow[Network]:
        if extrapolate not in self._networks:
            self._networks[extrapolate] = yield from flows.network(self.id, extrapolate)
        return self._networks[extrapolate]

    def _values(self, x: ArrayLike, extrapolate: str | None) -> Flow[Numbers]:
        return (yield from self._network(extrapolate))(x)

    def _rows(self) -> Flow[Rows]:
        if not self._breakpoints:
            self._breakpoints.append((yield from flows.breakpoints(self.id)))
        return self._breakpoints[0]

    def _samples(self) -> Flow[Rows]:
        if not self._curves:
            self._curves.append((yield from curve(flows.path_of(self))))
        return self._curves[0]

    def _frame(self) -> Flow[Any]:
        return data_frame((yield from self._rows()))

    def _plot(self, x: ArrayLike | None, y: ArrayLike | None, ax: Any) -> Flow[Any]:  # noqa: ANN401
        title = self.name or self.id[:8]
        return draw((yield from self._rows()), title=title, x=x, y=y, ax=ax)

    def _export(
        self, form: str, path: str | Path | None, choices: flows.ExportChoices
    ) -> Flow[bytes]:
        content = yield from flows.export(self.id, form, choices)
        if path is not None:
            Path(path).write_bytes(content)
        return content


class Model(FittedModel):
    """A fitted, certified network; called with x, it gives y.

    What it says of itself is here at once; network, table and samples are downloaded when they
    are first used, and kept.
    """

    _perform: Perform = PrivateAttr()

    @classmethod
    def of(cls, document: documents.Model, perform: Perform) -> "Model":
        """A model that can download what belongs to it."""
        model = cls.model_construct(**dict(document))
        model._perform = perform
        return model

    def __call__(self, x: ArrayLike, *, extrapolate: str | None = None) -> Numbers:
        """The values of the network at x, computed here, in its own dtype and the shape of x.

        Args:
            x: in the units of the samples.
            extrapolate: outside their interval, where the certificate ends: ``network``,
                ``linear`` or ``clamp``; None for what the layers give.
        """
        return self._perform(self._values(x, extrapolate))

    def network(self, extrapolate: str | None = None) -> Network:
        """Weights and biases as numpy arrays, which can be called like the model."""
        return self._perform(self._network(extrapolate))

    @property
    def breakpoints(self) -> Rows:
        """The segments: a structured array with x, y, slope and intercept of each."""
        return self._perform(self._rows())

    @property
    def curve(self) -> Rows:
        """The samples it was fitted to, sorted: a structured array with x and y of each.

        And with weight or tolerance, where samples have their own.
        """
        return self._perform(self._samples())

    def table(self) -> Any:  # noqa: ANN401  # of pandas, which need not be there
        """The breakpoints as a pandas DataFrame.

        Raises:
            MissingLibrary: pandas is not installed.
        """
        return self._perform(self._frame())

    def plot(
        self,
        x: ArrayLike | None = None,
        y: ArrayLike | None = None,
        *,
        ax: Any = None,  # noqa: ANN401  # of matplotlib, which need not be there
    ) -> Any:  # noqa: ANN401
        """Draw it with matplotlib, and the samples if they are given; returns the axes.

        Raises:
            MissingLibrary: matplotlib is not installed.
        """
        return self._perform(self._plot(x, y, ax))

    def export(
        self, form: str, path: str | Path | None = None, **choices: Unpack[flows.ExportChoices]
    ) -> bytes:
        """Take it along.

        Args:
            form: ``json``, ``onnx``, ``safetensors``, ``pt2`` or ``c``; ``csv`` or ``npy`` of the
                breakpoints, or of the samples; ``svg``, a picture with the samples.
            path: a file to write, too.
            choices: what of it, and how; see ``ExportChoices``.
        """
        return self._perform(self._export(form, path, choices))


class AsyncModel(FittedModel):
    """``Model`` for an ``AsyncClient``: the same, with await."""

    _perform: AsyncPerform = PrivateAttr()

    @classmethod
    def of(cls, document: documents.Model, perform: AsyncPerform) -> "AsyncModel":
        """A model that can download what belongs to it."""
        model = cls.model_construct(**dict(document))
        model._perform = perform
        return model

    async def __call__(self, x: ArrayLike, *, extrapolate: str | None = None) -> Numbers:
        """As ``Model`` is called."""
        return await self._perform(self._values(x, extrapolate))

    async def network(self, extrapolate: str | None = None) -> Network:
        """As ``Model.network``."""
        return await self._perform(self._network(extrapolate))

    @property
    def breakpoints(self) -> Coroutine[Any, Any, Rows]:
        """As ``Model.breakpoints``, to be awaited."""
        return self._perform(self._rows())

    @property
    def curve(self) -> Coroutine[Any, Any, Rows]:
        """As ``Model.curve``, to be awaited."""
        return self._perform(self._samples())

    async def table(self) -> Any:  # noqa: ANN401  # of pandas, which need not be there
        """As ``Model.table``."""
        return await self._perform(self._frame())

    async def plot(
        self,
        x: ArrayLike | None = None,
        y: ArrayLike | None = None,
        *,
        ax: Any = None,  # noqa: ANN401  # of matplotlib, which need not be there
    ) -> Any:  # noqa: ANN401
        """As ``Model.plot``."""
        return await self._perform(self._plot(x, y, ax))

    async def export(
        self, form: str, path: str | Path | None = None, **choices: Unpack[flows.ExportChoices]
    ) -> bytes:
        """As ``Model.export``."""
        return await self._perform(self._export(form, path, choices))
