"""A model in a few lines of text."""

from schemas.controls import escape_controls
from schemas.models import Model, SummationOrders
from schemas.target import Metric, RelativeTo, Target

LABEL_WIDTH = 22


def summary(model: Model) -> str:
    """The figures people look at first, a line each; errors are in the units of y."""
    certificate = model.certificate
    rows = {
        "model": model.id,
        **({"name": escape_controls(model.name)} if model.name else {}),
        "architecture": f"{model.architecture.name} {model.architecture.layer_widths}",
        "parameters": f"{model.architecture.parameters} ({model.architecture.dtype})",
        "segments": _segments(model),
        "error asked": _asked(model),
        "error reached": f"{certificate.error(model.target):.6g}",
        "  on the samples": f"{certificate.max_abs_error:.6g} (largest)",
        "  in any order": _in_any_order(model),
        "  between the samples": f"{certificate.max_abs_error_between_samples:.6g} (largest)",
        **_promise(model),
        "target met": "yes" if model.met else "no",
        "seconds": f"{model.timing.total_s:.2f}",
    }
    lines = [f"{label:<{LABEL_WIDTH}} {value}" for label, value in rows.items()]
    return "\n".join([*lines, model.explanation])


def _in_any_order(model: Model) -> str:
    """What is proved of the error asked for, whatever the order of summation."""
    bound = model.certificate.error_in_any_order
    if bound is None:
        return "not bounded: some order of summation may overflow"
    measured = model.met and model.limit is not None
    measured &= model.certificate.orders is SummationOrders.TRIED
    beyond = "; the target is held in the orders tried" if measured else ""
    return f"at most {bound:.6g}{beyond}"


def _promise(model: Model) -> dict[str, str]:
    excess = model.certificate.excess_between_samples
    if excess is None:
        return {}
    kept = "kept" if excess <= 0.0 else f"exceeded by {excess:.6g}"
    return {f"  promise ({model.target.between_samples})": kept}


def _segments(model: Model) -> str:
    if model.minimal_segments is None:
        return str(model.segments)
    fewest = model.minimal_segments
    return (
        f"{model.segments} (no function within the limits at the samples has fewer than {fewest})"
    )


def _asked(model: Model) -> str:
    if model.limit is None:
        return "the smallest within the budget"
    return f"{model.limit:.6g} ({_wish(model.target)})"


def _wish(target: Target) -> str:
    if target.is_per_sample:
        return f"{target.metric}, as a share of each sample's tolerance"
    squared = " squared" if target.metric is Metric.MSE else ""
    of_range = f" of the range{squared}" if target.relative_to is RelativeTo.RANGE else ""
    return f"{target.metric} {target.tolerance:g}{of_range}"
