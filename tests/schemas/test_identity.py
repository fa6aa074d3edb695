"""The name of a model: the same for the same question, another for another."""

import re

from hypothesis import given
from hypothesis import strategies as st

from schemas import identity
from schemas.identity import model_id
from schemas.options import Effort, FitOptions
from schemas.target import Metric, RelativeTo, Target

SHA = "0f" * 32

targets = st.builds(
    Target,
    metric=st.sampled_from(Metric),
    tolerance=st.none() | st.floats(min_value=1e-300, max_value=1e300),
    relative_to=st.sampled_from(RelativeTo),
)
options = st.builds(
    FitOptions,
    max_parameters=st.none() | st.integers(4, 10**6),
    effort=st.sampled_from(Effort),
    seed=st.integers(0, 2**63 - 1),
    time_limit=st.none() | st.floats(min_value=0.1, max_value=1e6),
)


def test_the_name_of_a_known_question_does_not_change(monkeypatch):
    # If this fails, every stored model gets another name: only a new engine version may do that.
    monkeypatch.setattr(identity, "ENGINE_VERSION", "1.2.3")
    name = model_id(SHA, Target(tolerance=0.01), FitOptions())
    assert name == "b7e8e7f83005ef28ea57be966e342ae7"


@given(targets, options)
def test_a_name_fits_into_addresses_and_file_names(target, chosen):
    assert re.fullmatch("[0-9a-f]{32}", model_id(SHA, target, chosen))


@given(targets, options)
def test_the_name_survives_the_way_through_json(target, chosen):
    read = (
        Target.model_validate_json(target.model_dump_json()),
        FitOptions.model_validate_json(chosen.model_dump_json()),
    )
    assert model_id(SHA, *read) == model_id(SHA, target, chosen)


@given(targets, targets, options, options)
def test_two_questions_share_a_name_only_if_they_are_one(target, other, chosen, others):
    same = (target, chosen) == (other, others)
    assert (model_id(SHA, target, chosen) == model_id(SHA, other, others)) == same


def test_leaving_a_default_out_does_not_change_the_name():
    spelled_out = FitOptions(**FitOptions().model_dump())
    assert model_id(SHA, Target(tolerance=1), spelled_out) == model_id(
        SHA, Target(tolerance=1.0, metric="max_abs"), FitOptions()
    )


def test_other_samples_or_another_engine_give_another_name(monkeypatch):
    names = {model_id(SHA, Target(), FitOptions()), model_id("1e" * 32, Target(), FitOptions())}
    monkeypatch.setattr(identity, "ENGINE_VERSION", "another")
    names.add(model_id(SHA, Target(), FitOptions()))
    assert len(names) == 3
