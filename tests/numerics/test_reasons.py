"""Why a target is not met: every constraint that binds is named, and what is said instead holds."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.reasons import ReasonCode
from schemas.samples import canonical_samples
from tests.functions import curve, sampled
from tests.numerics.asking import ask

# What the sentence of a reason says would meet the target.
ADVICE = {
    "between_samples none": ("target", "between_samples", "none"),
    "dtype float64": ("options", "dtype", "float64"),
    "architecture auto": ("options", "architecture", "auto"),
}


def codes(answer):
    return {reason.code for reason in answer.reasons}


def detail(answer, code):
    return next(reason.detail for reason in answer.reasons if reason.code is ReasonCode(code))


def heeded(samples, target, options, sentence):
    """The answer to the question as a sentence says to ask it."""
    changed = {"target": dict(target), "options": dict(options)}
    for words in re.fullmatch("With (.*) it would be met.", sentence)[1].split(" and "):
        name, value = words.split()
        place, field, value = ADVICE.get(words, ("options", name, value))
        changed[place][field] = int(value) if field.startswith("max_") else value
    return ask(samples, changed["target"], **changed["options"])


def assert_every_advice_holds(samples, target, options):
    answer = ask(samples, target, **options)
    assert bool(answer.reasons) != answer.met
    for reason in answer.reasons:
        assert reason.detail in answer.explanation
        if reason.detail.startswith("With "):
            assert heeded(samples, target, options, reason.detail).met
        if reason.code is ReasonCode.TOLERANCE:
            tolerance = float(re.search("tolerance of (.*).$", reason.detail)[1])
            assert tolerance > target["tolerance"]
            assert ask(samples, target | {"tolerance": tolerance}, **options).met
    return answer


# A convex bend between two samples: two lines hold the samples, and cross far below the lines.
BEND = canonical_samples([0, 1, 2, 3, 4, 5], [5, 4, 3, 3, 4, 5])


def test_where_only_the_promise_blocks_it_is_named():
    target, options = {"tolerance": 0.1, "between_samples": "linear"}, {"max_segments": 2}
    answer = assert_every_advice_holds(BEND, target, options)
    assert {"between_samples", "max_segments", "tolerance"} <= codes(answer)
    assert answer.minimal_segments == 2
    assert "between_samples none" in answer.explanation


@pytest.mark.parametrize("metric", ["rmse", "mse", "max_rel", "max_abs"])
def test_each_budget_is_named_with_what_would_do(metric):
    samples = sampled("exp", 40)
    target = {"metric": metric, "tolerance": 1e-3 if metric != "mse" else 1e-6}
    answer = assert_every_advice_holds(samples, target, {"max_segments": 2})
    assert ReasonCode.MAX_SEGMENTS in codes(answer)
    answer = assert_every_advice_holds(samples, target, {"max_parameters": 7})
    assert ReasonCode.MAX_PARAMETERS in codes(answer)


def test_budgets_that_bind_only_together_are_named_together():
    options = {"max_segments": 2, "max_parameters": 7}
    answer = assert_every_advice_holds(sampled("exp", 40), {"tolerance": 1e-2}, options)
    assert detail(answer, "max_segments") == detail(answer, "max_parameters")
    assert answer.explanation.count(detail(answer, "max_segments")) == 1


def test_a_dtype_that_is_too_coarse_is_named():
    samples = canonical_samples(np.arange(60.0), 1e6 + 1e-3 * np.sin(np.arange(60.0) / 15))
    answer = assert_every_advice_holds(samples, {"tolerance": 1e-5}, {"dtype": "float32"})
    assert ReasonCode.DTYPE in codes(answer)
    assert ReasonCode.RESOLUTION not in codes(answer)


def test_an_architecture_that_cannot_is_named():
    options = {"architecture": "compelled", "max_parameters": 13}
    answer = assert_every_advice_holds(BEND, {"tolerance": 1e-3}, options)
    assert {"architecture", "effort"} <= codes(answer)


def test_a_tolerance_below_float64_is_said_with_both_numbers():
    answer = ask(sampled("sin 6x", 50), {"tolerance": 1e-300})
    assert codes(answer) == {"resolution", "tolerance"}
    assert re.search(r"off by [0-9.]+e-1[5-7], and 1e-300 is allowed", answer.explanation)


def test_a_search_that_ran_out_of_time_says_so():
    options = {"max_parameters": 40, "time_limit": 1e-3, "effort": "thorough"}
    answer = ask(curve("ntc_resistance"), {"tolerance": 1e-5, "relative_to": "range"}, **options)
    assert not answer.met
    assert {"time_limit", "max_parameters"} <= codes(answer)


def test_where_no_function_has_so_few_segments_no_effort_is_asked_for():
    answer = ask(sampled("sin 6x"), {"tolerance": 1e-3}, max_segments=3)
    assert answer.minimal_segments > 3
    assert "effort" not in codes(answer)


def test_towers_are_named_where_they_were_not_tried():
    options = {"architecture": "shallow", "max_parameters": 40}
    answer = ask(curve("log2_mantissa"), {"tolerance": 1e-5, "relative_to": "range"}, **options)
    assert "towers" in detail(answer, "architecture")


def test_the_papers_network_beyond_a_budget_without_a_tolerance():
    options = {"architecture": "compelled", "max_parameters": 13, "max_segments": 1}
    answer = ask(sampled("sin 6x"), {}, **options)
    assert answer.met == (answer.table.segments <= 1)
    assert answer.met or {"max_segments", "architecture"} <= codes(answer)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from(["max_abs", "rmse", "mse"]),
    st.sampled_from(["linear", "smooth", "none"]),
    st.sampled_from([1e-3, 1e-2, 1e-1]),
    st.one_of(st.none(), st.integers(1, 5)),
    st.one_of(st.none(), st.integers(4, 16)),
)
def test_what_a_reason_says_holds(seed, metric, between, tolerance, segments, parameters):
    generator = np.random.default_rng(seed)
    count = int(generator.integers(4, 20))
    x = np.cumsum(generator.uniform(0.1, 1.0, count))
    samples = canonical_samples(x, np.sin(2 * x) + 0.05 * generator.normal(size=count))
    target = {"metric": metric, "tolerance": tolerance, "between_samples": between}
    options = {"max_segments": segments, "max_parameters": parameters, "architecture": "shallow"}
    assert_every_advice_holds(samples, target, options)


def test_an_answer_that_meets_its_target_has_no_reasons():
    answer = ask(sampled("exp"), {"tolerance": 1e-2})
    assert answer.met
    assert answer.reasons == ()
