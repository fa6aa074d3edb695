"""A model in words, for whoever cannot see its picture."""

from dataclasses import dataclass

from schemas.models import Model
from schemas.target import Metric, RelativeTo

_ERRORS = {
    Metric.MAX_ABS: "largest error",
    Metric.RMSE: "root mean square error",
    Metric.MSE: "mean square error",
    Metric.MAX_REL: "largest relative error",
}


@dataclass(frozen=True)
class Words:
    """What a picture says.

    Attributes:
        title: what it is of.
        description: what there is to see in it, in sentences.
    """

    title: str
    description: str

    @property
    def alternative(self) -> str:
        """Both as one text, for the ``alt`` of an image; to be escaped like any other."""
        return f"{self.title}. {self.description}"


def words_of(model: Model) -> Words:
    """What the picture of a model says; errors and x are in the units of the samples."""
    span, found = model.samples, model.certificate
    sentences = (
        f"{_count(span.count, 'sample')}, x from {span.x_min:.10g} to {span.x_max:.10g}",
        _network(model),
        _target(model),
        f"Largest error: {found.max_abs_error:.4g} at the samples, "
        f"{found.max_abs_error_between_samples:.4g} between them",
    )
    return Words(
        title=f"{model.name or f'Model {model.id[:12]}'}: samples, fitted network and its error",
        description=" ".join(f"{sentence}." for sentence in sentences),
    )


def _network(model: Model) -> str:
    shape = model.architecture
    sizes = f"{_count(shape.parameters, 'parameter')}, {_count(model.segments, 'segment')}"
    return f"Network: {shape.name}, {sizes}, {shape.dtype}"


def _target(model: Model) -> str:
    target, limit = model.target, model.limit
    error = _ERRORS[target.metric]
    if limit is None:
        return f"Target: the smallest {error} within a budget"
    met = "met" if model.met else "not met"
    if target.is_per_sample:
        return f"Target {met}: {error} within the tolerance of each sample"
    of_range = ""
    if target.relative_to is RelativeTo.RANGE:
        square = " squared" if target.metric is Metric.MSE else ""
        of_range = f", {target.tolerance:.4g} of the range of y{square}"
    return f"Target {met}: {error} at most {limit:.4g}{of_range}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
