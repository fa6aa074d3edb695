"""The engine from end to end: what it promises holds for the documents it hands over."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.errors import InvalidInput
from schemas.network import Dtype
from schemas.samples import canonical_samples
from tests.functions import FUNCTIONS, SMOOTH, curve, sampled
from tests.numerics.asking import ask, assert_consistent, measured
from worker.numerics.search.efforts import TINY


@st.composite
def questions(draw):
    """Arbitrary samples, and a tolerance that float64 can resolve."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(2, 40))
    x = {
        "even": lambda: np.arange(count, dtype=float),
        "uneven": lambda: np.cumsum(generator.uniform(0.1, 1.0, count)),
        "logarithmic": lambda: np.logspace(-2, 2, count),
        "timestamps": lambda: 1.7e9 + np.arange(count),
        "fractions of a second": lambda: 1.7e9 + np.arange(count) / 1024,
        "offset": lambda: 1e6 + np.cumsum(generator.uniform(0.1, 1.0, count)),
        "decreasing": lambda: -np.cumsum(generator.uniform(0.1, 1.0, count)),
    }[
        draw(
            st.sampled_from(
                [
                    "even",
                    "uneven",
                    "logarithmic",
                    "timestamps",
                    "fractions of a second",
                    "offset",
                    "decreasing",
                ]
            )
        )
    ]()
    t = np.linspace(0.0, 1.0, count)
    y = {
        "noise": lambda: generator.normal(size=count),
        "steps": lambda: np.floor(4 * t) * generator.choice([-1, 1]),
        "spike": lambda: (np.arange(count) == count // 2) * 1.0,
        "smooth": lambda: np.sin(generator.uniform(1, 9) * t),
        "walk": lambda: np.cumsum(generator.normal(size=count)),
        "constant": lambda: np.full(count, generator.normal()),
        "mixture": lambda: np.floor(2 * t) + np.exp(t) + (np.arange(count) == 1) * 3.0,
    }[draw(st.sampled_from(["noise", "steps", "spike", "smooth", "walk", "constant", "mixture"]))]()
    y = y + draw(st.sampled_from([0.0, 0.0, 1e6]))
    if np.abs(x).max() < 1e6:
        x = x * 10.0 ** draw(st.sampled_from([0, 0, 0, -30, -3, 5, 30]))
    y = y * 10.0 ** draw(st.sampled_from([0, 0, 0, -30, -3, 5, 30]))
    samples = canonical_samples(x, y)
    share = draw(st.sampled_from([0.3, 1e-2, 1e-3, 1e-5]))
    limit = share * (samples.y_range or abs(samples.y[0]) or 1.0)
    # 10 digits of the largest value are more than any tolerance here is after.
    assume(limit > 1e-10 * np.abs(samples.y).max())
    between = draw(st.sampled_from(["none", "smooth", "linear"]))
    return samples, {
        "metric": "max_abs",
        "tolerance": float(limit),
        "between_samples": between,
    }


# Ten thousandths of a second, since 1970: only knots at samples are not rounded.
A_TENTH_OF_A_SECOND = canonical_samples(
    1.7e9 + np.arange(11) / 1024, np.sin(6.1 * np.linspace(0.0, 1.0, 11))
)


# --- the promise --------------------------------------------------------------------------------


@settings(max_examples=120)
@given(questions())
@example((canonical_samples([0.0, 1e-17, 1.0], [0.0, 1.0, 0.0]), {"tolerance": 1e-3}))
@example((canonical_samples([-1.0, 0.0, 1e-17, 1.0], [0.0, 1.0, 1.0, 0.0]), {"tolerance": 1e-3}))
@example((canonical_samples([0.0, 1.0], [3.0, 5.0]), {"tolerance": 1e-300}))
@example((canonical_samples([0.0, 1.0, 2.0], [0.0, 1.0, 0.0]), {"tolerance": 1e300}))
@example((canonical_samples([0.0, 1e-30], [0.0, 1e-30]), {"tolerance": 1e300}))
@example((A_TENTH_OF_A_SECOND, {"tolerance": 1.95e-5, "between_samples": "smooth"}))
def test_a_shallow_network_always_meets_a_largest_error_with_the_fewest_segments(question):
    samples, target = question
    answer = ask(samples, target, architecture="shallow")
    assert_consistent(answer, samples, target)
    assert answer.met
    assert measured(answer, samples, "max_abs") <= target["tolerance"]
    assert answer.minimal_segments <= answer.table.segments
    if abs(samples.x[0]) < 1e9 and target.get("between_samples") == "none":
        # Elsewhere x itself may be too coarse for knots between the samples.
        assert answer.minimal_segments == answer.table.segments
    assert answer.architecture.parameters == 3 * answer.architecture.knots + 1


@settings(max_examples=25)
@given(questions())
def test_auto_meets_it_too_and_never_with_more_parameters_than_the_shallow_network(question):
    samples, target = question
    answer = ask(samples, target)
    assert_consistent(answer, samples, target)
    assert answer.met
    assert measured(answer, samples, "max_abs") <= target["tolerance"]
    assert answer.minimal_segments <= answer.table.segments
    shallow = ask(samples, target, architecture="shallow")
    assert answer.architecture.parameters <= shallow.architecture.parameters


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("metric", ["rmse", "mse", "max_abs", "max_rel"])
def test_every_metric_is_held_at_the_samples_and_met_says_so(name, metric):
    samples = sampled(name, 120)
    if metric == "max_rel":
        samples = canonical_samples(samples.x, samples.y + 10.0)
    limit = 1e-3 * (1.0 if metric == "max_rel" else samples.y_range or 1.0)
    limit = limit**2 if metric == "mse" else limit
    target = {"metric": metric, "tolerance": limit}
    answer = ask(samples, target)
    assert_consistent(answer, samples, target)
    assert answer.met
    assert measured(answer, samples, metric) <= limit
    figure = {
        "rmse": answer.certificate.rmse,
        "mse": answer.certificate.rmse**2,
        "max_abs": answer.certificate.max_abs_error,
        "max_rel": answer.certificate.max_rel_error,
    }[metric]
    assert figure <= limit * (1 + 1e-12)
    assert (answer.minimal_segments is not None) == (metric in ("max_abs", "max_rel"))


@pytest.mark.parametrize("metric", ["max_abs", "rmse", "mse"])
def test_relative_to_the_range_is_the_tolerance_times_the_range_squared_for_mse(metric):
    samples = sampled("sin 6x")
    power = 2 if metric == "mse" else 1
    absolute = ask(samples, {"metric": metric, "tolerance": 1e-4 * samples.y_range**power})
    relative = ask(samples, {"metric": metric, "tolerance": 1e-4, "relative_to": "range"})
    assert relative.met
    assert relative.network == absolute.network


def test_a_shallow_network_has_as_many_segments_as_the_known_minimum():
    samples = curve("ntc_resistance")
    target = {"tolerance": 1e-3, "relative_to": "range", "between_samples": "none"}
    answer = ask(samples, target, architecture="shallow")
    assert answer.minimal_segments == answer.table.segments == 15
    assert answer.architecture.parameters == 46


@pytest.mark.parametrize(("between", "segments"), [("none", 54), ("smooth", 83), ("linear", 88)])
def test_what_is_promised_between_the_samples_costs_segments(between, segments):
    samples = curve("ntc_resistance")
    target = {"tolerance": 1e-5, "relative_to": "range", "between_samples": between}
    answer = ask(samples, target, architecture="shallow")
    assert_consistent(answer, samples, target)
    assert answer.met
    assert answer.minimal_segments == 54
    assert answer.table.segments == segments


def test_where_depth_pays_auto_finds_fewer_parameters():
    samples = curve("log2_mantissa")
    answer = ask(samples, {"tolerance": 1e-5, "relative_to": "range"})
    assert answer.met
    assert answer.architecture.name == "tower"
    assert answer.architecture.parameters < (3 * answer.minimal_segments + 1) / 2


def test_mean_squares_are_met_in_float32_where_float32_is_fine_enough():
    answer = ask(sampled("x^3"), {"metric": "rmse", "tolerance": 1e-3})
    assert answer.met
    assert answer.network.dtype is Dtype.FLOAT32


# --- precision ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (1.7e9 + np.arange(100.0), np.sin(np.arange(100.0) / 15)),
        (np.arange(100.0), 1e6 + 1e-3 * np.sin(np.arange(100.0) / 15)),
    ],
    ids=["timestamps", "a small signal on a large offset"],
)
def test_where_float32_is_too_coarse_it_says_so_and_auto_takes_float64(x, y):
    samples = canonical_samples(x, y)
    target = {"tolerance": 1e-3, "relative_to": "range"}
    coarse = ask(samples, target, dtype="float32")
    assert_consistent(coarse, samples)
    assert not coarse.met
    assert "float64" in coarse.explanation
    assert coarse.certificate.max_abs_error > 1e-3 * samples.y_range
    fine = ask(samples, target)
    assert fine.met
    assert fine.network.dtype is Dtype.FLOAT64


def test_a_tolerance_below_float64_is_not_met_and_the_answer_interpolates():
    samples = sampled("sin 6x", 50)
    target = {"tolerance": 1e-300}
    answer = ask(samples, target)
    assert_consistent(answer, samples, target)
    assert not answer.met
    assert answer.certificate.max_abs_error < 1e-14
    assert "float64" in answer.explanation


def test_knots_between_timestamps_do_not_cost_the_target():
    # Any knot between the samples is rounded by more than the tolerance allows.
    samples = canonical_samples(1.7e9 + np.arange(200) / 1024, np.sin(np.linspace(0, 6, 200)))
    answer = ask(samples, {"tolerance": 1e-6})
    assert answer.met
    assert measured(answer, samples, "max_abs") <= 1e-6


@pytest.mark.parametrize("step", [2.0**-20, 2.0**-18, 2.0**-16])
@pytest.mark.parametrize("name", ["sin 6x", "noise"])
def test_the_table_is_the_network_for_microseconds_since_1970(name, step):
    # Every x is exact, and so is every knot: a few ulp apart they are creases all the same.
    samples = canonical_samples(1.7e9 + np.arange(60) * step, sampled(name, 60).y)
    target = {"tolerance": 1e-2, "relative_to": "range"}
    answer = ask(samples, target)
    assert_consistent(answer, samples, target)
    assert answer.met
    assert answer.certificate.table_deviation <= 1e-12
    assert answer.table.segments >= answer.minimal_segments


@pytest.mark.parametrize("dtype", ["auto", "float32", "float64"])
@pytest.mark.parametrize("value", [0.0, 1.0, 3.7, -1e6])
def test_a_constant_is_one_segment(value, dtype):
    samples = canonical_samples(np.linspace(0, 1, 20), np.full(20, value))
    for target in ({"tolerance": 1e-3}, {"tolerance": 1e-3, "relative_to": "range"}):
        answer = ask(samples, target, dtype=dtype)
        assert_consistent(answer, samples, target)
        assert answer.architecture.parameters == 4
        assert answer.table.segments == answer.minimal_segments == 1
        # Relative to a range of 0 only the exact value will do.
        exact = float(np.float32(value)) == value or dtype != "float32"
        assert answer.met == (exact or ("relative_to" not in target and abs(value) < 1e4))


def test_numbers_beyond_float32_are_refused_in_float32_and_fitted_otherwise():
    samples = canonical_samples([0.0, 1.0, 2.0], [0.0, 1e50, 0.0])
    assert ask(samples, {"tolerance": 1e45}).network.dtype is Dtype.FLOAT64
    with pytest.raises(InvalidInput) as refused:
        ask(samples, {"tolerance": 1e45}, dtype="float32")
    assert refused.value.errors[0].field == "options.dtype"


# --- budgets --------------------------------------------------------------------------------------


@settings(max_examples=12)
@given(
    st.sampled_from(sorted(FUNCTIONS)),
    st.one_of(st.none(), st.integers(4, 60)),
    st.one_of(st.none(), st.integers(1, 20)),
    st.sampled_from([None, 1e-1, 1e-4]),
    st.sampled_from(["max_abs", "mse"]),
)
def test_budgets_are_kept_and_met_is_honest(name, parameters, segments, tolerance, metric):
    assume(parameters is not None or segments is not None)
    samples = sampled(name, 80)
    target = {"metric": metric, "tolerance": tolerance}
    answer = ask(samples, target, max_parameters=parameters, max_segments=segments)
    assert_consistent(answer, samples, target)
    assert answer.architecture.parameters <= (parameters or np.inf)
    assert answer.table.segments <= (segments or np.inf)
    if tolerance is None:
        assert answer.met
    else:
        error = measured(answer, samples, metric)
        kept = answer.certificate.excess_between_samples <= 0.0
        tie = error == pytest.approx(tolerance, rel=1e-12)
        assert answer.met == (error <= tolerance and kept) or tie


def test_a_larger_budget_is_never_worse():
    samples = sampled("runge", TINY)
    errors = [
        ask(samples, {}, max_segments=budget).certificate.max_abs_error
        for budget in (1, 2, 4, 8, 16)
    ]
    assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize("target", [{}, {"tolerance": 0.5}])
def test_the_papers_network_keeps_a_budget_of_segments_or_says_it_does_not(target):
    # Of parameters as well, so that not every depth is trained.
    budgets = {"max_segments": 3, "max_parameters": 60}
    answer = ask(sampled("sin 6x"), target, architecture="compelled", **budgets)
    assert answer.table.segments <= 3 or not answer.met


def test_the_papers_network_has_at_least_13_parameters():
    with pytest.raises(ValidationError, match="at least 13 parameters"):
        ask(sampled("sin 6x"), {}, architecture="compelled", max_parameters=12)
    answer = ask(sampled("sin 6x"), {}, architecture="compelled", max_parameters=13)
    assert answer.architecture.parameters == 13


def test_x_cubed_in_93_parameters_beats_the_paper():
    samples = sampled("x^3", 500)
    answer = ask(samples, {"metric": "mse"}, max_parameters=93)
    assert_consistent(answer, samples, {"metric": "mse"})
    assert answer.architecture.parameters <= 93
    # Published: 7.86e-8, best of 30 runs.
    assert measured(answer, samples, "mse") <= 1e-8


def test_the_papers_network_of_93_parameters_is_there_for_the_asking():
    samples = sampled("x^3", 500)
    answer = ask(samples, {"metric": "mse"}, architecture="compelled", max_parameters=93)
    assert_consistent(answer, samples, {"metric": "mse"})
    assert answer.architecture.name == "compelled"
    assert answer.architecture.parameters <= 93
    assert [1, 4, 4, 4, 4, 4, 1] in [c.layer_widths for c in answer.contenders]
    assert measured(answer, samples, "mse") <= 1e-5


# --- laws -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SMOOTH)
def test_reflection_and_scaling_leave_the_segments_of_the_shallow_answer_as_they_are(name):
    samples = sampled(name)
    answers = [
        ask(moved, {"tolerance": 1e-3, "relative_to": "range"}, architecture="shallow")
        for moved in (
            samples,
            canonical_samples(-samples.x, samples.y),
            canonical_samples(samples.x, -samples.y),
            canonical_samples(4.0 * samples.x - 8.0, 0.5 * samples.y + 1.0),
        )
    ]
    assert len({answer.table.segments for answer in answers}) == 1
    assert len({answer.architecture.parameters for answer in answers}) == 1


def test_a_tie_at_the_tolerance_costs_no_segment():
    # Half a unit around whole numbers: the line through the middle touches every limit.
    samples = canonical_samples(np.arange(20.0), np.arange(20) % 2.0)
    answer = ask(samples, {"tolerance": 0.5}, architecture="shallow")
    assert answer.met
    assert answer.table.segments == answer.minimal_segments == 1
