"""What is exported: a model with all that exports are made from, and what each says of itself."""

import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from exports.self_check import SelfCheck, self_check, table_check
from schemas.models import Model
from schemas.network import Extrapolation, Network, Outside
from schemas.samples import FloatArray, Samples
from schemas.table import BreakpointTable


@dataclass(frozen=True)
class Subject:
    """A model to be exported.

    Attributes:
        model: its document.
        network: its network, which does outside the samples what ``extrapolate`` says.
        table: its breakpoint table.
        samples: what it was fitted to.
        extrapolate: what the export does outside the interval of the samples.
    """

    model: Model
    network: Network
    table: BreakpointTable
    samples: Samples
    extrapolate: Extrapolation

    @classmethod
    def of(
        cls,
        model: Model,
        network: Network,
        table: BreakpointTable,
        samples: Samples,
        *,
        extrapolate: Extrapolation,
    ) -> "Subject":
        """A model and its documents as they are stored."""
        # What is stored is checked with the outside that is usual.
        outside = table.outside(extrapolate)
        extended = network.model_copy(update={"outside": outside, "check": None})
        bare = table.model_copy(update={"check": None})
        return cls(model, extended, bare, samples, extrapolate)

    @property
    def table_outside(self) -> Outside | None:
        """What a table has to do outside its rows; none where its outer segments go on."""
        return self.network.outside if self.extrapolate is Extrapolation.CLAMP else None

    @cached_property
    def check(self) -> SelfCheck:
        """Inputs and outputs of the network by which an export can be checked."""
        return self_check(self.network, self.model.samples.x_min, self.model.samples.x_max)

    def network_document(self) -> Network:
        """The network with its check."""
        return self.network.model_copy(update={"check": self.check.document()})

    def table_document(self) -> BreakpointTable:
        """The table, which goes on as it is to, with its check."""
        outside = self.network.outside
        assert outside is not None, "a table knows nothing of the network outside its rows"
        alone = self.network.model_copy(update={"outside": None})
        table = self.table.extrapolated(self.extrapolate)
        deviation = self.model.certificate.table_deviation
        check = table_check(alone, outside, table, self.check.x, deviation)
        return table.model_copy(update={"check": check.document()})

    def facts(self) -> dict[str, str]:
        """What an export carries in its metadata: texts, of which most are JSON."""
        model, span = self.model, self.model.samples
        return {
            "foldline.model_id": model.id,
            "foldline.engine_version": model.engine_version,
            "foldline.name": model.name or "",
            "foldline.target": model.target.model_dump_json(),
            "foldline.met": json.dumps(model.met),
            "foldline.certificate": model.certificate.model_dump_json(),
            "foldline.interval": json.dumps([span.x_min, span.x_max]),
            "foldline.extrapolate": self.extrapolate.value,
            "foldline.outside": self._outside(),
            "foldline.check": json.dumps(self.check.document().model_dump()),
        }

    def _outside(self) -> str:
        outside = self.network.outside
        return "null" if outside is None else outside.model_dump_json()

    def title(self) -> str:
        """One line that says what the network is of."""
        shape = self.model.architecture
        of = f" of {self.model.name}" if self.model.name else ""
        return (
            f"Foldline model {self.model.id}{of}: {shape.name} network, "
            f"{shape.parameters} parameters, {self.model.segments} segments, {shape.dtype}"
        )

    def kept_by(self, values: np.ndarray) -> bool | None:
        """Whether values at the samples, [N], keep the target there; None if it limits none."""
        limits = self.model.target.limits(self.samples)
        if limits is None:
            return None
        return bool((self._distances(values) <= limits).all())

    def largest_error(self, values: np.ndarray) -> float:
        """The largest distance of values at the samples, [N], from the samples."""
        return float(self._distances(values).max())

    def _distances(self, values: np.ndarray) -> FloatArray:
        return np.abs(np.asarray(values, dtype=np.float64) - self.samples.y)


def with_checks(
    model: Model, network: Network, table: BreakpointTable, samples: Samples
) -> tuple[Network, BreakpointTable]:
    """network.json and breakpoints.json: what each does outside by default, and its check of it."""
    weights, segments = (
        Subject.of(model, network, table, samples, extrapolate=how)
        for how in (Extrapolation.NETWORK, Extrapolation.LINEAR)
    )
    return weights.network_document(), segments.table_document()
