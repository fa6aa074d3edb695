"""``foldline fit``: the engine on one file, with its exit statuses and files."""

import csv
import io
import json

import numpy as np
import pytest

from tests.cli.conftest import CURVE
from tests.waiting import HANGS_AFTER_S


@pytest.fixture(scope="session")
def foldline_fit(alone):
    def run(*arguments, stdin=None):
        return alone("fit", *arguments, stdin=stdin)

    return run


def test_a_met_target_exits_with_0_and_writes_every_file(foldline_fit, tmp_path):
    out = tmp_path / "new" / "out"
    run = foldline_fit(CURVE, "--tolerance", 1e-4, "--relative-to", "range", "-o", out)
    assert run.exit_code == 0, run.stderr
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["met"]
    assert manifest["certificate"]["max_abs_error"] <= 1e-4
    assert f"{manifest['architecture']['parameters']} (float32)" in run.stdout
    assert "promise (smooth)     kept" in run.stdout
    network = json.loads((out / "network.json").read_text())
    assert len(network["layers"]) == len(manifest["architecture"]["layer_widths"]) - 1
    with (out / "breakpoints.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) - 1 == manifest["segments"]
    table = json.loads((out / "breakpoints.json").read_text())
    for document in (network, table):
        check = {column: np.array(values) for column, values in document["check"].items()}
        inside = (check["x"] >= table["x"][0]) & (check["x"] <= table["x"][-1])
        off = np.abs(np.interp(check["x"], table["x"], table["y"]) - check["y"])
        assert (off <= 2 * check["within"])[inside].all()
    assert (out / "plot.svg").read_text().startswith("<?xml")
    for name in ("manifest.json", "network.json", "breakpoints.csv", "plot.svg"):
        assert str(out / name) in run.stdout


def test_a_missed_target_exits_with_3_and_writes_the_best_effort(foldline_fit, tmp_path):
    run = foldline_fit(CURVE, "--tolerance", 1e-6, "--max-parameters", 10, "--json", "-o", tmp_path)
    assert run.exit_code == 3
    manifest = json.loads(run.stdout)
    assert not manifest["met"]
    assert manifest["architecture"]["parameters"] <= 10
    assert json.loads((tmp_path / "manifest.json").read_text()) == manifest
    assert "max_parameters" in {reason["code"] for reason in manifest["reasons"]}


def test_a_curve_comes_from_standard_input(foldline_fit):
    run = foldline_fit("-", "--tolerance", 0.1, "--json", stdin="0 0\n1 1\n2 4\n3 9\n")
    assert run.exit_code == 0, run.stderr
    assert json.loads(run.stdout)["samples"]["count"] == 4


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


X = np.linspace(0.0, 3.0, 9)


@pytest.mark.parametrize(
    "array",
    [
        np.stack([X, X**2]),
        np.stack([X, X**2], axis=1),
        np.array(list(zip(X, X**2, strict=True)), dtype=[("x", "f8"), ("y", "f8")]),
    ],
)
def test_a_curve_may_be_npy(foldline_fit, array, tmp_path):
    (tmp_path / "curve").write_bytes(npy(array))
    options = ("--tolerance", 0.1, "--json")
    run = foldline_fit(tmp_path / "curve", *options)
    assert run.exit_code == 0, run.stderr
    samples = json.loads(run.stdout)["samples"]
    assert (samples["count"], samples["y_max"]) == (9, 9.0)
    piped = foldline_fit("-", *options, stdin=npy(array))
    assert json.loads(piped.stdout)["samples"] == samples


def test_labels_are_in_the_manifest(foldline_fit):
    labels = ("--name", "parabola", "--metadata", "line:7")
    run = foldline_fit("-", "--tolerance", 1, "--json", *labels, stdin="0 0\n1 1\n2 4\n")
    manifest = json.loads(run.stdout)
    assert (manifest["name"], manifest["metadata"]) == ("parabola", {"line": "7"})


def test_people_see_a_bar_and_programs_do_not(start, terminal, foldline_fit):
    question = (CURVE, "--tolerance", 1e-4, "--json")
    process = start("fit", *question, stderr=terminal.end)
    terminal.read_until("━.*error so far")
    said, _ = process.communicate(timeout=HANGS_AFTER_S)
    assert json.loads(said)["met"]
    assert foldline_fit(*question).stderr == ""


def test_a_column_of_tolerances_is_the_target(foldline_fit, tmp_path):
    rows = [f"{i},{i * i},{0.01 if i < 5 else 4}" for i in range(20)]
    curve = "\n".join(["x,y,tolerance", *rows])
    run = foldline_fit("-", "--json", "--between-samples", "none", "-o", tmp_path, stdin=curve)
    assert run.exit_code == 0, run.stderr
    manifest = json.loads(run.stdout)
    assert manifest["target"]["tolerance"] == "per_sample"
    assert manifest["certificate"]["max_tolerance_share"] <= 1.0
    assert manifest["certificate"]["max_abs_error"] > 0.01


def test_a_column_of_weights_counts(foldline_fit):
    rows = [f"{i},{i * i if i < 10 else (-1) ** i},{int(i < 10)}" for i in range(30)]
    curve = "\n".join(["x,y,weight", *rows])
    run = foldline_fit(
        *("-", "--metric", "rmse", "--tolerance", 0.01, "--minimise", "segments", "--json"),
        stdin=curve,
    )
    assert run.exit_code == 0, run.stderr
    manifest = json.loads(run.stdout)
    assert manifest["samples"]["weighted"]
    assert manifest["segments"] <= 10


def test_what_is_asked_on_the_command_line_is_in_the_manifest(foldline_fit):
    run = foldline_fit(
        *("-", "--metric", "max_rel", "--floor", 0.5, "--tolerance", 0.1, "--json"),
        *("--minimise", "neurons", "--between-samples", "none"),
        stdin="0 0\n1 1\n2 4\n3 9\n",
    )
    assert run.exit_code == 0, run.stderr
    manifest = json.loads(run.stdout)
    assert manifest["target"]["floor"] == 0.5
    assert manifest["target"]["between_samples"] == "none"
    assert "neurons" in manifest["explanation"]


@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        (["-", "--tolerance", "-1"], "0 0\n1 1\n", "--tolerance: must be at least 0"),
        (["-"], "0 0\n1 1\n", "--tolerance: is missing"),
        (["-", "--tolerance", "1"], "x,y\n1,2\n3,abc\n", "line 3: 'abc' is not a number"),
        (["-", "--tolerance", "1"], "1,2\n1,3\n", "line 2: x has the value 1.0 twice"),
        (["-", "--tolerance", "1"], b"\x93NUMPY\x01\x00", "samples: the NPY file says"),
        (["-", "--tolerance", "1"], b"1,2\n\xff,3\n", "line 2: is not UTF-8 text"),
        (
            ["-", "--tolerance", "1", "--name", "n" * 201],
            "0 0\n1 1\n",
            "--name: must have at most 200 characters",
        ),
        (["-", "--tolerance", "1"], "", "line 1: there are no samples"),
        (["-", "--tolerance", "1"], "x,y,weight\n1,2,1\n3,4,1\n", "samples weight: is for rmse"),
        (["-", "--tolerance", "1"], "x,y,tolerance\n1,2,1\n3,4,1\n", "give one or the other"),
        (["-"], "x,y,tolerance\n1,2,1\n3,4,-1\n", "line 3: tolerance is -1.0 here"),
        (["-", "--tolerance", "1", "--floor", "1"], "0 0\n1 1\n", "--floor: is for the metric"),
        (["-", "--tolerance", "1", "--metric", "max_rel"], "0 0\n1 1\n", "give a floor"),
        (["/no/such/file.csv", "--tolerance", "1"], None, "/no/such/file.csv: cannot be read"),
        (
            ["-", "--tolerance", "1", "-o", "/dev/null/x"],
            "0 0\n1 1\n",
            "--output: /dev/null/x cannot be made",
        ),
        (["-", "--tolerance", "1", "--effort", "much"], "0 0\n1 1\n", "much"),
    ],
)
def test_bad_input_exits_with_2_and_says_what_is_wrong(foldline_fit, arguments, stdin, says):
    run = foldline_fit(*arguments, stdin=stdin)
    assert run.exit_code == 2
    assert says in run.stderr
    assert run.stdout == ""
