"""How the tests of the engine ask, measure the answer themselves, and hold it to its documents."""

import numpy as np

from schemas.options import FitOptions
from schemas.target import Target
from tests.oracles import error_in_metric, evaluate_by_loops, network_arrays
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


def assert_consistent(answer, samples):
    """Everything the documents say of each other."""
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
