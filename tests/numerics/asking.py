"""How the tests of the engine ask, measure the answer themselves, and hold it to its documents."""

import numpy as np

from schemas.options import FitOptions
from schemas.target import Target
from tests.oracles import (
    error_in_metric,
    evaluate_by_loops,
    mean_promise_by_sampling,
    network_arrays,
    promise_by_sampling,
)
from worker.numerics.fit import fit

QUICK = {"effort": "quick"}


def ask(samples, target, **options):
    return fit(samples, Target(**target), FitOptions(**QUICK | options), device="cpu")


def measured(answer, samples, metric):
    """The error of network.json by plain loops in its dtype, the worse of two orders."""
    weights = network_arrays(answer.network)
    x = samples.x.astype(answer.network.dtype.value)
    return max(
        error_in_metric(metric, evaluate_by_loops(weights, x, bias_first=order), samples.y)
        for order in (True, False)
    )


def promised(answer, samples, target):
    """The promise of a target, looked at from outside: network.json as a real function, sampled.

    Returns:
        The largest distance from the lines; for a mean target the root mean square of that less
        what is open, else its largest value; and that less the limit.
    """
    weights = [
        (w.astype(np.longdouble), b.astype(np.longdouble))
        for w, b in network_arrays(answer.network)
    ]

    def function(x):
        hidden = x.astype(np.longdouble)[:, None]
        for weight, bias in weights[:-1]:
            hidden = np.maximum(hidden @ weight.T + bias, 0)
        weight, bias = weights[-1]
        return (hidden @ weight.T + bias)[:, 0]

    metric, tolerance = target.get("metric", "max_abs"), target.get("tolerance") or 0.0
    power = 2 if metric == "mse" else 1
    tolerance *= samples.y_range**power if target.get("relative_to") == "range" else 1.0
    between = target.get("between_samples", "smooth")
    places = np.array(answer.table.x), samples.x, samples.y
    largest = tolerance * (np.abs(samples.y) if metric == "max_rel" else np.ones(samples.count))
    seen = promise_by_sampling(function, *places, largest, between)
    if metric in ("max_abs", "max_rel"):
        return seen
    # A knot a hair beside a sample may be none of the table.
    weight, bias = weights[0]
    corners = np.union1d(answer.table.x, -(bias / weight[:, 0])[weight[:, 0] != 0]).astype(float)
    mean = mean_promise_by_sampling(
        function, corners, samples.x, samples.y, between, samples.weight
    )
    return seen[0], mean, mean - tolerance ** (1 / power)


def assert_consistent(answer, samples, target=None):
    """Everything the documents say of each other, and the promise if the target is given."""
    weights = network_arrays(answer.network)
    architecture, certificate = answer.architecture, answer.certificate
    assert architecture.parameters == sum(w.size + b.size for w, b in weights)
    assert architecture.layer_widths == [1, *(b.size for _, b in weights)]
    assert architecture.neurons == sum(architecture.layer_widths[1:-1])
    assert architecture.dtype is answer.network.dtype
    assert (answer.table.x[0], answer.table.x[-1]) == (samples.x[0], samples.x[-1])
    assert np.all(np.diff(answer.table.x) > 0)
    assert certificate.max_abs_error >= measured(answer, samples, "max_abs")
    assert certificate.rmse * (1 + 1e-12) >= measured(answer, samples, "rmse")
    if samples.y.any():
        assert certificate.max_rel_error >= measured(answer, samples, "max_rel")
    else:
        assert certificate.max_rel_error is None
    assert any(c.layer_widths == architecture.layer_widths for c in answer.contenders)
    assert answer.explanation.endswith(".")
    if target is not None:
        assert_promised(answer, samples, target)


def assert_promised(answer, samples, target):
    """The certificate's figures between the samples, and ``met``, are not below what is seen."""
    certificate = answer.certificate
    distance, promised_distance, excess = promised(answer, samples, target)
    # What float64 blurs in lines and pchip.
    blur = 1e-13 * np.abs(samples.y).max()
    if target.get("metric") in ("rmse", "mse"):
        # And what Simpson's rule makes of a kink.
        blur += 1e-4 * promised_distance
    assert certificate.max_abs_error_between_samples >= distance - blur
    if target.get("between_samples") == "none":
        assert certificate.promised_error_between_samples is None
        assert certificate.excess_between_samples is None
        return
    assert certificate.promised_error_between_samples >= promised_distance - blur
    if target.get("tolerance") is None:
        assert certificate.excess_between_samples is None
        return
    assert certificate.excess_between_samples >= excess - blur
    assert not answer.met or certificate.excess_between_samples <= 0.0
    assert not answer.met or excess <= blur
