"""A model in words."""

import html
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from exports.words import Words, words_of
from schemas.target import Target
from tests.exports.conftest import fitted

ROOT = Path(__file__).parents[2]


def worded(target=None, **changed):
    model = fitted("pump_efficiency")[0]
    certificate = model.certificate.model_copy(
        update={"max_abs_error": 0.00049522, "max_abs_error_between_samples": 0.00055552}
    )
    update = {"certificate": certificate, "target": target or model.target, **changed}
    return words_of(model.model_copy(update=update))


def test_the_words_are_what_a_picture_shows():
    model = fitted("pump_efficiency")[0]
    words = worded()
    assert words.title == "pump_efficiency: samples, fitted network and its error"
    assert words.description == (
        f"281 samples, x from 0 to 140. Network: tower, {model.architecture.parameters} "
        f"parameters, {model.segments} segments, float32. Target met: largest error at most "
        "0.0006523, 0.001 of the range of y. Largest error: 0.0004952 at the samples, 0.0005555 "
        "between them."
    )
    assert words.alternative == f"{words.title}. {words.description}"


def test_a_model_without_a_name_is_called_by_its_id():
    assert worded(name=None, id="0123456789abcdef").title.startswith("Model 0123456789ab: ")


@pytest.mark.parametrize(
    ("target", "met", "says"),
    [
        ({"tolerance": 0.01}, False, "Target not met: largest error at most 0.01."),
        (
            {"metric": "rmse", "tolerance": 0.5},
            True,
            "Target met: root mean square error at most 0.5.",
        ),
        (
            {"metric": "mse", "tolerance": 1.0, "relative_to": "range"},
            True,
            "Target met: mean square error at most 0.4255, 1 of the range of y squared.",
        ),
        (
            {"metric": "max_rel", "tolerance": 0.02},
            True,
            "Target met: largest relative error at most 0.02.",
        ),
        (
            {"tolerance": "per_sample"},
            True,
            "Target met: largest error within the tolerance of each sample.",
        ),
        ({}, True, "Target: the smallest largest error within a budget."),
    ],
)
def test_the_target_is_said_and_whether_it_is_met(target, met, says):
    assert says in worded(Target.model_validate(target), met=met).description


def test_one_thing_is_not_many():
    assert " 1 segment," in worded(segments=1).description


def test_the_picture_of_the_readme_has_its_own_words_for_an_alternative():
    readme = (ROOT / "README.md").read_text()
    picture = readme.partition("<picture>")[2].partition("</picture>")[0]
    files = re.findall(r'(?:src|srcset)="([^"]*)"', picture)
    assert len(files) == 2
    for file in files:
        title, description = ElementTree.parse(ROOT / file).getroot()[:2]
        alternative = Words(title.text, description.text).alternative
        assert f'alt="{html.escape(alternative)}"' in picture
