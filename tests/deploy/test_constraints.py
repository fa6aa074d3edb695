"""constraints.txt: pins whatever a pyproject.toml asks for, so that no install drifts."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

import foldline_client

ROOT = Path(__file__).parents[2]
PROJECTS = [tomllib.loads((ROOT / path / "pyproject.toml").read_text()) for path in (".", "client")]
LINES = [
    line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"
]
PINS = dict(line.split("==") for line in LINES)


def asked_for():
    for project in PROJECTS:
        yield from project["build-system"]["requires"]
        yield from project["project"]["dependencies"]
        for extra in project["project"]["optional-dependencies"].values():
            yield from extra


def test_every_requirement_has_a_pin_that_satisfies_it():
    for requirement in map(Requirement, asked_for()):
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        assert name in PINS, f"{requirement} is not pinned"
        assert PINS[name] in requirement.specifier, f"{name} {PINS[name]}, wanted {requirement}"


def test_the_client_is_pinned_to_the_version_it_has_here():
    assert PINS["foldline-client"] == foldline_client.__version__


def test_every_package_is_pinned_once():
    assert len(PINS) == len(LINES)


def test_no_pin_demands_one_build_of_torch():
    assert re.fullmatch(r"[\d.]+", PINS["torch"])
