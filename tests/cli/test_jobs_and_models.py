"""``foldline jobs`` and ``foldline models``: what was asked, and the answers."""

import json

import pytest


@pytest.fixture
def job_id(foldline):
    run = foldline(
        "submit", "-", "--tolerance", 0.1, "--name", "parabola", stdin="0 0\n1 1\n2 4\n3 9\n"
    )
    return run.stdout.strip()


def test_a_job_is_waited_for_shown_followed_and_listed(foldline, job_id):
    waited = foldline("jobs", "wait", job_id)
    assert waited.exit_code == 0
    assert waited.stdout == foldline("jobs", "show", job_id).stdout
    assert "status                 succeeded" in waited.stdout
    events = [
        json.loads(line)
        for line in foldline("jobs", "events", job_id, "--json").stdout.splitlines()
    ]
    assert events[-1]["status"] == "succeeded"
    assert foldline("jobs", "events", job_id).stdout.splitlines()[-1].startswith("succeeded")
    (newest,) = json.loads(foldline("jobs", "list", "--limit", 1, "--json").stdout)
    assert (newest["id"], newest["name"]) == (job_id, "parabola")
    row = foldline("jobs", "list").stdout.splitlines()[1]
    assert row.split()[:3] == [job_id, "succeeded", "yes"]
    assert row.endswith("parabola")


def test_jobs_are_found_by_status_name_and_label(foldline, job_id):
    foldline("jobs", "wait", job_id)
    asked = ("submit", "-", "--tolerance", 0.1, "--name", "labelled", "--metadata", "bench:3")
    other = foldline(*asked, stdin="0 0\n1 1\n2 4\n3 7\n").stdout.strip()
    foldline("jobs", "wait", other)

    def found(*wanted):
        run = foldline("jobs", "list", *wanted, "--limit", 0, "--json")
        return [job["id"] for job in json.loads(run.stdout)]

    assert found("--metadata", "bench:3") == found("--name", "labelled") == [other]
    assert {job_id, other} <= set(found("--status", "succeeded", "--status", "failed", "--met"))
    assert found("--status", "failed", "--name", "labelled") == []
    assert found("--name", "labelled", "--created-before", "2020-01-01") == []
    run = foldline("jobs", "list", "--status", "done")
    assert run.exit_code == 2
    assert "'queued', 'running', 'succeeded', 'failed', 'cancelled'" in run.stderr


@pytest.mark.parametrize("command", [("jobs", "wait"), ("batches", "show"), ("models", "delete")])
def test_an_id_that_is_empty_is_refused(foldline, command):
    run = foldline(*command, "")
    assert run.exit_code == 2
    assert "the id is empty" in run.stderr


def test_a_list_says_when_there_is_more(foldline, job_id):
    foldline("submit", "-", "--tolerance", 1, stdin="0 0\n1 1\n")
    one = foldline("jobs", "list", "--limit", 1)
    assert "--limit 0" in one.stderr
    assert len(one.stdout.splitlines()) == 2
    assert foldline("jobs", "list", "--limit", 0).stderr == ""


@pytest.mark.parametrize(
    "words",
    [
        "jobs show",
        "jobs wait",
        "jobs cancel",
        "jobs events",
        "batches show",
        "batches wait",
        "batches results",
        "models show",
        "jobs delete --yes",
        "batches delete --yes",
        "models delete",
        "export -f onnx",
        "plot",
        "evaluate",
    ],
)
def test_what_is_not_there_exits_with_5(foldline, words):
    further = ["1"] if words == "evaluate" else []
    run = foldline(*words.split(), "0123", *further)
    assert (run.exit_code, run.stdout) == (5, "")
    assert run.stderr.startswith("Error: Not found: there is no ")
    assert run.stderr.count("\n") == 1


def test_a_job_that_is_over_is_not_cancelled(foldline, job_id):
    foldline("jobs", "wait", job_id)
    run = foldline("jobs", "cancel", job_id)
    assert run.exit_code == 5
    assert "has succeeded already" in run.stderr


def test_models_are_found_by_their_labels(foldline):
    stdin = "0 0\n1 1\n2 8\n3 27\n"
    asked = (
        "submit",
        "-",
        "--tolerance",
        0.1,
        "--name",
        "cubic",
        "--metadata",
        "kind:c:d",
        "--wait",
    )
    assert foldline(*asked, stdin=stdin).exit_code == 0

    def found(*wanted):
        return [
            model["name"]
            for model in json.loads(foldline("models", "list", *wanted, "--json").stdout)
        ]

    assert found("--metadata", "kind:c:d") == found("--name", "cubic") == ["cubic"]
    assert found("--metadata", "kind:c:d", "--not-met") == []
    assert found("--name", "cubic", "--met", "--created-from", "2020-01-01T00:00Z") == ["cubic"]
    assert found("--created-before", "2020-01-01T00:00Z") == []
    assert foldline("models", "list", "--name", "cubic").stdout.splitlines()[1].endswith("cubic")
    run = foldline("models", "list", "--created-from", "soon")
    assert run.exit_code == 2
    assert run.stderr.startswith("Error: --created-from: is not a time of RFC 3339")


def test_a_model_is_deleted_only_on_purpose(foldline):
    stdin = "0 0\n1 1\n2 16\n3 81\n"
    run = foldline("submit", "-", "--tolerance", 0.1, "--wait", "--json", stdin=stdin)
    model = json.loads(run.stdout)["id"]
    asked = foldline("models", "delete", model)
    assert (asked.exit_code, asked.stdout) == (2, "")
    assert asked.stderr.startswith("Error: --yes: is needed")
    assert json.loads(foldline("models", "show", model, "--json").stdout)["id"] == model
    deleted = foldline("models", "delete", model, "--yes", "--json")
    assert json.loads(deleted.stdout) == {"id": model, "deleted": True}
    assert foldline("models", "show", model).exit_code == 5


def test_a_job_is_deleted_only_when_that_is_confirmed(foldline):
    job = json.loads(
        foldline("submit", "-", "--tolerance", 1, "--json", stdin="0 0\n1 1\n").stdout
    )["id"]
    refused = foldline("jobs", "delete", job)
    assert refused.exit_code == 2
    assert "--yes" in refused.stderr
    deleted = foldline("jobs", "delete", job, "--yes", "--json")
    assert json.loads(deleted.stdout) == {"id": job, "deleted": True}
    assert foldline("jobs", "show", job).exit_code == 5
