"""``foldline submit``: the question of ``fit``, asked of the service."""

import json
import re
import signal

import pytest

from tests.cli.conftest import CURVE, SLOW, SLOW_OPTIONS
from tests.engines.held import HELD
from tests.waiting import HANGS_AFTER_S

LABELS = ("--name", "log2", "--metadata", "line:7", "--metadata", "at:b:c")


@pytest.fixture
def slow(tmp_path):
    curve = tmp_path / "slow.csv"
    curve.write_text(SLOW)
    return curve


def test_a_question_is_answered_with_the_id_of_its_job(foldline):
    run = foldline("submit", "-", "--tolerance", 0.1, *LABELS, stdin="0 0\n1 1\n2 4\n3 9\n")
    assert (run.exit_code, run.stderr) == (0, "")
    job = json.loads(foldline("jobs", "wait", run.stdout.strip(), "--json").stdout)
    assert job["status"] == "succeeded"
    assert (job["name"], job["metadata"]) == ("log2", {"line": "7", "at": "b:c"})


def test_every_option_arrives(foldline):
    target = {"tolerance": 0.25, "relative_to": "absolute", "metric": "max_rel", "floor": 2.0}
    target["between_samples"] = "none"
    options = {"minimise": "neurons", "max_parameters": 40, "max_segments": 9, "dtype": "float64"}
    options |= {"architecture": "shallow", "effort": "quick", "seed": 5, "time_limit": 30.0}
    hook = {"url": "https://example.com/hook", "events": ["job.failed", "job.cancelled"]}
    said = [*("--webhook-url", hook["url"])]
    said += [word for event in hook["events"] for word in ("--webhook-event", event)]
    for name, value in (target | options).items():
        said += ["--" + name.replace("_", "-"), value]
    run = foldline("submit", "-", *said, "--json", stdin="0 0\n1 1\n2 4\n3 9\n")
    job = json.loads(run.stdout)
    assert (job["target"], job["options"], job["webhook"]) == (target, options, hook)


@pytest.mark.parametrize(
    ("column", "options", "figure"),
    [("tolerance", (), "per_sample"), ("weight", ("--tolerance", 0.5, "--metric", "rmse"), 0.5)],
)
def test_further_columns_of_the_file_count(foldline, column, options, figure):
    curve = "\n".join([f"x,y,{column}", *(f"{i},{i * i},{1 + i % 2}" for i in range(9))])
    run = foldline("submit", "-", *options, "--wait", "--json", stdin=curve)
    assert run.exit_code == 0, run.stderr
    model = json.loads(run.stdout)
    assert model["target"]["tolerance"] == figure
    assert model["samples"]["weighted"] is (column == "weight")


def test_waiting_shows_what_fit_shows(alone, foldline):
    question = (CURVE, "--tolerance", 1e-4, "--relative-to", "range", *LABELS)
    here, there = alone("fit", *question), foldline("submit", *question, "--wait")
    assert (here.exit_code, there.exit_code) == (0, 0)

    def timeless(text):
        return re.sub(r"seconds .*", "", text)

    assert timeless(here.stdout) == timeless(there.stdout)
    here = json.loads(alone("fit", *question, "--json").stdout)
    there = json.loads(foldline("submit", *question, "--wait", "--json").stdout)
    differs = {"created_at", "timing"}
    assert {name for name in here if here[name] != there.get(name)} <= differs
    assert set(here) == set(there)


def test_a_missed_target_exits_with_3(foldline):
    question = (CURVE, "--tolerance", 1e-6, "--max-parameters", 10)
    run = foldline("submit", *question, "--wait", "--json")
    assert run.exit_code == 3
    assert json.loads(run.stdout)["met"] is False


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--tolerance", "-1"], "Error: --tolerance: must be at least 0\n"),
        ([], "Error: --tolerance: is missing"),
        (["--tolerance", "1", "--floor", "1"], "Error: --floor: is for the metric max_rel"),
        (["--tolerance", "1", "--timeout", "1"], "Error: --timeout: is for --wait\n"),
        (["--tolerance", "1", "--webhook-event", "job.failed"], "Error: --webhook-url: is missing"),
        (["--tolerance", "1", "--metadata", "x"], "Error: --metadata: is 'x'; give key:value\n"),
        # What only the service knows, in its words.
        (["--tolerance", "1", "--webhook-url", "ftp://x"], "Error: --webhook-url: must begin"),
    ],
)
def test_what_is_wrong_with_a_question_is_said_by_its_option(foldline, options, says):
    run = foldline("submit", "-", *options, stdin="0 0\n1 1\n")
    assert (run.exit_code, run.stdout) == (2, "")
    assert run.stderr.startswith(says)
    assert run.stderr.count("\n") == 1


def test_a_service_that_is_away_is_said_in_a_line(alone):
    run = alone("submit", CURVE, "--tolerance", 1, FOLDLINE_URL="http://127.0.0.1:9")
    assert (run.exit_code, run.stdout) == (1, "")
    assert re.fullmatch(
        r"Error: no answer from http://127.0.0.1:9: .* FOLDLINE_URL .*\n", run.stderr
    )


@pytest.mark.parametrize(
    ("url", "key", "says"),
    [
        ("localhost:8000", "", "must begin with http"),
        ("http://ä b", "", "is no address"),
        ("http://x", "ä", "API key"),
    ],
)
def test_an_address_or_a_key_that_is_none_is_said(alone, url, key, says):
    run = alone("jobs", "list", "--url", url, FOLDLINE_API_KEY=key)
    assert run.exit_code == 2
    assert run.stderr.startswith("Error: ")
    assert says in run.stderr


def test_who_stops_waiting_is_told_that_the_job_goes_on(start, foldline, slow, terminal):
    process = start("submit", slow, *SLOW_OPTIONS, "--wait", stderr=terminal.end)
    terminal.read_until(r"queued|running|preparation|phase\d|certificate")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=HANGS_AFTER_S)
    assert (process.returncode, said) == (130, "")
    job = terminal.read_until(r"(job_\w+) goes on: foldline jobs wait \1")[1]
    assert json.loads(foldline("jobs", "show", job, "--json").stdout)["finished_at"] is None
    late = foldline("jobs", "wait", job, "--timeout", 0.1)
    assert (late.exit_code, late.stdout) == (6, "")
    assert late.stderr.startswith(f"Error: {job} is ")
    # Others want to be answered, too.
    foldline("jobs", "cancel", job)


def test_a_job_without_a_model_exits_with_4(start, foldline, slow):
    job = foldline("submit", slow, *SLOW_OPTIONS, "--seed", HELD[1]).stdout.strip()
    waiting = start("jobs", "wait", job, "--json")
    assert foldline("jobs", "cancel", job).stdout == f"{job} is cancelled.\n"
    said, complained = waiting.communicate(timeout=HANGS_AFTER_S)
    assert (waiting.returncode, complained) == (4, "")
    assert json.loads(said)["status"] == "cancelled"
