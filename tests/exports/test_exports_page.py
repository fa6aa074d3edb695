"""docs/exports.md: its commands and its code do with a real service what it says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import gurobipy
import httpx
import numpy as np
import pyomo.environ as pyo
import pytest

from schemas.exports import NetworkFormat, TableFormat
from tests.served import Served
from tests.waiting import HANGS_AFTER_S, until

TEXT = (Path(__file__).parents[2] / "docs" / "exports.md").read_text()
QUESTION = {
    "samples": {"x": list(range(0, 101, 5)), "y": [100 / (1 + x / 20) for x in range(0, 101, 5)]},
    "target": {"tolerance": 0.1},
    "options": {"effort": "quick"},
}
# Whoever runs the commands needs these; the tests need not.
PROGRAMS = ("curl", "unzip", "cc")
CALLER = """\
#include <stdio.h>
#include "thermistor.h"

int main(void)
{
    const double unit = (double)(1L << THERMISTOR_Y_BITS);
    printf("%d %f", thermistor_check(), thermistor(THERMISTOR_X_MIN) / unit);
    return 0;
}
"""


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("exports"))
    yield served.url
    assert served.stop() == 0


@pytest.fixture(scope="module")
def model_id(url):
    """A model, which was waited for."""
    with httpx.Client(base_url=url, timeout=HANGS_AFTER_S) as client:
        job = client.post("/v1/jobs", json=QUESTION).json()["links"]["self"]
        return until(lambda: client.get(job).json()["model_id"])


@pytest.fixture
def names(url, model_id):
    """What its code takes for known, and what the code before has made."""
    known = {"url": url, "model_id": model_id, "np": np, "httpx": httpx, "pyo": pyo}
    known["gurobipy"] = gurobipy
    exec(blocks("python")[0], known)
    return known


@pytest.mark.skipif(
    not all(map(shutil.which, PROGRAMS)), reason=f"needs {', '.join(PROGRAMS)} on the path"
)
def test_the_c_that_its_commands_fetch_compiles_and_passes_its_check(url, model_id, tmp_path):
    (commands,) = blocks("sh")
    known = os.environ | {"FOLDLINE_URL": url, "MODEL": model_id}
    subprocess.run(["sh", "-ec", commands], cwd=tmp_path, env=known, check=True)
    (tmp_path / "caller.c").write_text(CALLER)
    subprocess.run(["cc", "caller.c", "thermistor.o", "-o", "caller"], cwd=tmp_path, check=True)
    printed = subprocess.run([tmp_path / "caller"], capture_output=True, check=True).stdout
    wrong, first = map(float, printed.split())
    assert wrong == 0
    assert first == pytest.approx(QUESTION["samples"]["y"][0], abs=0.2)


def test_its_check_of_a_table_finds_rows_that_are_wrong(names):
    fetching, _, checking = blocks("python")[0].partition("\n")
    assert "httpx.get" in fetching
    exec(checking, names)
    names["table"]["y"] = [value + 0.1 for value in names["table"]["y"]]
    with pytest.raises(AssertionError):
        exec(checking, names)


def test_gurobi_finds_the_best_point_with_its_code(names):
    exec(blocks("python")[1], names)
    model, table = names["model"], names["table"]
    model.setObjective(names["y"], gurobipy.GRB.MAXIMIZE)
    model.optimize()
    best = names["y"].X
    assert best == pytest.approx(max(table["y"]), rel=1e-6)


def test_pyomo_finds_the_best_point_with_its_code(names):
    exec(blocks("python")[2], names)
    model, table = names["model"], names["table"]
    model.best = pyo.Objective(expr=model.y, sense=pyo.maximize)
    pyo.SolverFactory("appsi_highs").solve(model)
    assert pyo.value(model.y) == pytest.approx(max(table["y"]), rel=1e-5)


def test_its_tables_name_every_form():
    named = dict.fromkeys(re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", TEXT, flags=re.MULTILINE))
    forms = {form for row in named for form in re.findall(r"`(\w+)`", row)}
    assert {*NetworkFormat, *TableFormat} <= forms
