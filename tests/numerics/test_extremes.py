"""Extreme samples: a largest error is always met and the promise kept, or the answer says not."""

import numpy as np
import pytest

from schemas.samples import canonical_samples
from tests.numerics.asking import ask, assert_consistent, measured

t = np.linspace(0.0, 1.0, 100)
generator = np.random.default_rng(4)
log_x = np.logspace(-6, 6, 100)
uneven = np.cumsum(generator.uniform(1e-4, 1.0, 100) ** 4)

# name -> x, y.
EXTREMES = {
    "2 points": ([0.0, 1.0], [3.0, -1.0]),
    "2 points, far apart": ([-1e30, 1e30], [1e-30, 2e-30]),
    "3 points": ([0.0, 1e-12, 1.0], [0.0, 1.0, 0.0]),
    "zeros": (t, 0 * t),
    "a constant": (t, np.full(100, 1 / 3)),
    "a constant but for one sample": (t, (np.arange(100) == 40) * 1.0),
    "steps": (t, np.floor(7 * t)),
    "a step between neighbours": (np.concatenate([t, [1 + 1e-12]]), np.append(0 * t, 1.0)),
    "a step up and down": (t, np.where((t > 0.3) & (t < 0.31), 1.0, 0.0)),
    "spikes": (t, (np.arange(100) % 17 == 0) * 1.0),
    "spikes on a curve": (t, np.sin(6 * t) + (np.arange(100) % 31 == 5) * 1e3),
    "alternating": (t, np.arange(100) % 2.0),
    "noise": (t, generator.normal(size=100)),
    "noise on a curve": (t, np.sin(6 * t) + 1e-3 * generator.normal(size=100)),
    "timestamps": (1.7e9 + np.arange(100.0), np.sin(6 * t)),
    "milliseconds since 1970": (1.7e9 + np.arange(100) / 1024, np.sin(6 * t)),
    "a small signal on a large offset": (t, 1e6 + 1e-3 * np.sin(6 * t)),
    "a small range": (t, 1e-30 * np.exp(t)),
    "a large range": (t, 1e30 * np.exp(t)),
    "a small width": (1e-30 * t, np.exp(t)),
    "a large width": (1e30 * t, np.exp(t)),
    "log-spaced": (log_x, np.log(log_x)),
    "log-spaced, steep": (log_x, log_x / (1 + log_x)),
    "very uneven": (uneven, np.sin(uneven)),
    "strictly decreasing": (t, np.exp(-5 * t)),
    "decreasing x": (-t, np.sqrt(t)),
    "ties at the tolerance": (np.arange(100.0), np.repeat(np.arange(50), 2) * 0.049),
    "kinks": (t, np.abs(t - 0.3) + np.maximum(t - 0.71, 0.0)),
    "a kink at a sample": (np.arange(100.0), np.abs(np.arange(100.0) - 50)),
    "a pole": (t, 1 / (t + 1e-3)),
    "a root": (t, np.sqrt(t)),
    "an exponential of 30 decades": (t, np.exp(70 * t)),
    "a fast oscillation": (t, np.sin(300 * t)),
}


def extreme(name):
    return canonical_samples(*(np.asarray(column, float) for column in EXTREMES[name]))


@pytest.mark.parametrize("share", [1e-3, 1e-5])
@pytest.mark.parametrize("name", EXTREMES)
def test_a_largest_error_is_met_and_the_promise_kept(name, share):
    samples = extreme(name)
    limit = share * (samples.y_range or 1.0)
    target = {"tolerance": limit}
    answer = ask(samples, target)
    assert_consistent(answer, samples, target)
    assert answer.met
    assert measured(answer, samples, "max_abs") <= limit
    assert answer.minimal_segments <= answer.table.segments
    assert answer.architecture.parameters <= 3 * 2 * samples.count + 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", EXTREMES)
def test_a_mean_or_a_budget_is_answered_honestly(name, dtype):
    samples = extreme(name)
    if dtype == "float32" and np.abs([samples.x, samples.y]).max() > 1e30:
        pytest.skip("beyond float32")
    limit = 1e-4 * (samples.y_range or 1.0)
    target = {"metric": "rmse", "tolerance": limit}
    answer = ask(samples, target, dtype=dtype, max_parameters=40)
    assert_consistent(answer, samples, target)
    assert answer.architecture.parameters <= 40
    kept = answer.certificate.excess_between_samples <= 0.0
    error = measured(answer, samples, "rmse")
    assert answer.met == (error <= limit and kept) or error == pytest.approx(limit, rel=1e-9)
