"""Every benchmark runs unattended and writes what its columns say."""

import ast
import re
import sys
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import _report, _small_end, budget, page, rates, service, smallest
from benchmarks._browser import MISSING, chromium
from benchmarks._curves import ALL, FUNCTIONS, samples_of

SCRIPTS = sorted(Path(budget.__file__).parent.glob("[a-z]*.py"))


@pytest.fixture
def report(monkeypatch, capsys, tmp_path):
    """``report(module, *arguments)`` is what a benchmark prints and writes."""
    torch.set_num_threads(1)

    def run(module, *arguments):
        written = tmp_path / "report.md"
        monkeypatch.setattr(_report, "on_one_thread", lambda: None)
        monkeypatch.setattr(sys, "argv", ["script", *arguments, "--write", str(written)])
        module.main()
        text = capsys.readouterr().out
        assert text == written.read_text()
        assert not re.search(r"\b(nan|inf)\b", text)
        assert re.match(r"# .+\n\n\d{4}-\d\d-\d\d, .+ cores, one thread, Python 3", text)
        return text

    return run


def rows(text):
    """The rows of all tables, without their heads."""
    cells = [
        [c.strip() for c in line.split("|")[1:-1]] for line in text.splitlines() if "|" in line
    ]
    heads = [n - 1 for n, row in enumerate(cells) if set(row) == {"---"}]
    return [row for n, row in enumerate(cells) if n not in heads and n - 1 not in heads]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_first_line_says_what_a_script_does(script):
    first = ast.get_docstring(ast.parse(script.read_text())).splitlines()[0]
    assert len(first) > 40
    assert first.endswith(".")


@pytest.mark.parametrize("name", ALL)
def test_a_curve_has_its_samples(name):
    samples = samples_of(name, 50)
    assert samples.count == 50 or name not in FUNCTIONS
    assert samples.y_range > 0


def test_within_a_budget_each_error_stands_beside_its_goal(report, monkeypatch):
    monkeypatch.setattr(budget, "ASKED", {"x^3": FUNCTIONS["x^3"]})
    monkeypatch.setattr(budget, "SAMPLES", 100)
    monkeypatch.setattr(budget, "BUDGET", 31)
    monkeypatch.setattr(budget, "MORE_BUDGET", 35)
    monkeypatch.setattr(budget, "LARGER_BUDGET", 40)
    monkeypatch.setattr(budget, "MORE_SAMPLES", 120)
    found = rows(report(budget, "--quick"))
    assert [row[:2] for row in found] == [["x^3", "quick"]] * 3
    assert found[0][-1] == "7.86e-08"
    for row, most in zip(found, (31, 35, 40), strict=True):
        assert float(row[2]) < 1e-4
        assert int(row[6]) <= most


def test_errors_and_steps_have_the_exponents_of_their_figures(report, monkeypatch, tmp_path):
    monkeypatch.setattr(rates, "ASKED", {"x^3": FUNCTIONS["x^3"]})
    monkeypatch.setattr(rates, "SAMPLES", 100)
    monkeypatch.setattr(rates, "FEW_BUDGETS", (15, 30))
    text = report(rates, "--quick")
    errors, local, dense = rows(text)
    assert errors[0] == "x^3"
    small, large = map(float, errors[1:3])
    assert errors[3] == f"P^{np.log(large / small) / np.log(2):.1f}"
    assert [local[0], dense[0]] == ["local", "dense"]
    assert all(float(figure) > 0 for figure in local[1:3] + dense[1:3])
    assert (tmp_path / "report_steps.svg").read_text().startswith("<?xml")


def test_the_smallest_network_is_never_larger_than_the_shallow_one(report):
    text = report(
        smallest, "--effort", "quick", "--tolerance", "1e-2", "--curve", "x^3", "--points", "100"
    )
    short, details = rows(text)
    assert short[:2] == ["quick", "1e-02"]
    assert short[-2:] == ["0", "0"]
    assert details[0] == "x^3"
    assert int(details[2]) <= int(details[1])


def test_error_and_size_are_drawn(report, monkeypatch, tmp_path):
    pytest.importorskip("pwlf")
    frontier = import_module("benchmarks.frontier")
    monkeypatch.setattr(frontier, "QUICK_BUDGETS", (13,))
    text = report(frontier, "--quick")
    assert len(rows(text)) == 2
    for metric in ("max_abs", "rmse"):
        assert f"(report_{metric}.svg)" in text
        assert (tmp_path / f"report_{metric}.svg").read_text().startswith("<?xml")


def test_the_service_is_put_under_load(report, monkeypatch, tmp_path):
    monkeypatch.setattr(service, "FEW_SUBMISSIONS", 8)
    monkeypatch.setattr(service, "FEW_CURVES", 2)
    monkeypatch.setattr(service, "WARM_UP", 1)
    monkeypatch.setattr(service, "APIS", (1, 1))
    text = report(service, "--quick", "--data-dir", str(tmp_path))
    found = rows(text)
    accepted = [row[-1] for row in found if row[0].startswith("Foldline")]
    assert accepted == ["8 x 202"] * 8
    assert found[-1][0] == "a batch through HTTP"
    assert found[-1][-1] == "2"


def test_the_page_is_timed_in_a_browser(report, monkeypatch, tmp_path):
    if chromium() is None:
        pytest.skip(MISSING)
    monkeypatch.setattr(page, "FEW_SAMPLES", 500)
    found = rows(report(page, "--quick", "--data-dir", str(tmp_path)))
    assert [row[0] for row in found[1:]] == [
        "start: zoom",
        "start: pan",
        "start: slide",
        "model, both plots: zoom",
        "model, both plots: pan",
    ]


def test_speed_is_a_ratio(report, monkeypatch):
    pytest.importorskip("pwlf")
    speed = import_module("benchmarks.speed")
    monkeypatch.setattr(speed, "QUICK_CURVES", ("x^3",))
    monkeypatch.setattr(speed, "ASKED", speed.ASKED[:1])
    monkeypatch.setattr(speed, "EPOCHS", 2)
    monkeypatch.setattr(speed, "MANY", 300)
    monkeypatch.setattr(speed, "PIECES", 4)
    monkeypatch.setattr(speed, "TIME_LIMITS_S", (0.1, 0.2))
    monkeypatch.setattr(_small_end, "RUNS", 1)
    text = report(speed, "--quick")
    assert "| 4096 |" in text
    assert text.count("\n## ") == 5


def test_a_process_stands_beside_the_one_it_was(monkeypatch):
    @contextmanager
    def this_state(commit):
        assert commit == "earlier"
        yield _small_end.ROOT

    monkeypatch.setattr(_small_end, "tree_of", this_state)
    monkeypatch.setattr(_small_end, "RUNS", 1)
    text = _small_end.small_end("earlier")
    assert (
        "| s | s before | processor s | processor s before | peak MiB | peak MiB before |" in text
    )
    for _, *figures in rows(text):
        assert len(figures) == 6
        assert all(float(figure) > 0 for figure in figures)
