"""``foldline batch`` and ``foldline batches``: many curves at once."""

import json

import pytest

TABLE = "x,flat,square,broken\n" + "".join(
    f"{i},1,{i * i},{'z' if i == 2 else i}\n" for i in range(6)
)


def question(tolerance=0.1, **more):
    samples = {"x": [0, 1, 2, 3], "y": [0, 1, 4, 9]}
    return json.dumps({"samples": samples, "target": {"tolerance": tolerance}, **more})


@pytest.fixture
def batch_id(foldline):
    """A batch with one question, of which nobody waits for the end."""
    run = foldline("batch", "-", "--no-wait", "--name", "b", stdin=question(custom_id="q") + "\n")
    assert (run.exit_code, run.stderr) == (0, "")
    return run.stdout.strip()


def test_a_table_gives_a_line_for_each_curve_and_says_what_is_wrong(foldline, tmp_path):
    file = tmp_path / "table.csv"
    file.write_text(TABLE)
    run = foldline("batch", file, "--tolerance", 1e-3, "--relative-to", "range")
    assert run.exit_code == 4
    header, *lines = run.stdout.splitlines()
    rows = {
        row["custom_id"]: row
        for line in lines
        if (row := dict(zip(header.split(), line.split(), strict=True)))
    }
    assert {name: row["status"] for name, row in rows.items()} == {
        "flat": "succeeded",
        "square": "succeeded",
        "broken": "refused",
    }
    assert (rows["flat"]["met"], rows["flat"]["parameters"], rows["flat"]["segments"]) == (
        "yes",
        "4",
        "1",
    )
    shown = json.loads(foldline("models", "show", rows["square"]["model"], "--json").stdout)
    assert str(shown["segments"]) == rows["square"]["segments"]
    assert (
        run.stderr == "Error: broken refused: line 4: in the column 'broken' 'z' is not a number\n"
    )


def test_questions_are_told_from_a_table_and_their_lines_are_named(foldline):
    lines = [question(custom_id="good"), "", "nonsense", question(-1, custom_id="bad")]
    run = foldline("batch", "-", "--json", stdin="\n".join(lines))
    assert run.exit_code == 4
    results = {found["index"]: found for found in map(json.loads, run.stdout.splitlines())}
    assert [results[index]["status"] for index in range(3)] == ["succeeded", "refused", "refused"]
    assert results[0]["custom_id"] == "good"
    assert results[0]["model"]["architecture"]["parameters"] > 0
    assert "line 3 refused: is not a JSON object" in run.stderr
    assert "line 4 (bad) refused: --tolerance: must be at least 0" in run.stderr


def test_a_target_that_is_missed_exits_with_3_and_all_met_with_0(foldline):
    missed = question(1e-9, options={"max_parameters": 4})
    assert foldline("batch", "-", stdin=question()).exit_code == 0
    assert foldline("batch", "-", stdin=f"{question()}\n{missed}").exit_code == 3


def test_what_questions_say_themselves_is_not_said_for_them(alone):
    run = alone("batch", "-", "--tolerance", 0.5, "--effort", "quick", stdin=question())
    assert (run.exit_code, run.stdout) == (2, "")
    refused = "belongs into each question, not beside them: give each line"
    assert run.stderr.splitlines() == [
        f'Error: --tolerance: {refused} {{"target": {{"tolerance": 0.5}}}}',
        f'Error: --effort: {refused} {{"options": {{"effort": "quick"}}}}',
    ]


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_all_or_nothing_refuses_all(foldline, as_json):
    stdin = f"{question()}\nnonsense"
    run = foldline("batch", "-", "--all-or-nothing", *as_json, stdin=stdin)
    assert (run.exit_code, run.stdout) == (2, "")
    assert "line 2: is not a JSON object" in run.stderr


def test_a_file_that_is_not_there_is_said(foldline):
    run = foldline("batch", "/no/such/file")
    assert run.exit_code == 2
    assert "/no/such/file: cannot be read: No such file" in run.stderr


def test_a_batch_that_nobody_waits_for_can_be_looked_at(foldline, batch_id):
    assert batch_id in foldline("batches", "list").stdout
    assert batch_id not in foldline("batches", "list", "--status", "cancelled").stdout
    shown = json.loads(foldline("batches", "wait", batch_id, "--json").stdout)
    assert (shown["status"], shown["name"]) == ("completed", "b")
    assert batch_id in foldline("batches", "list", "--status", "completed", "--name", "b").stdout
    assert "succeeded              1" in foldline("batches", "show", batch_id).stdout
    results = foldline("batches", "results", batch_id, "--order", "input", "--json")
    assert [json.loads(line)["custom_id"] for line in results.stdout.splitlines()] == ["q"]
    cancelled = foldline("batches", "cancel", batch_id)
    assert (cancelled.exit_code, cancelled.stdout) == (5, "")
    assert "has completed" in cancelled.stderr


def test_who_does_not_wait_is_told_what_was_refused(foldline):
    run = foldline("batch", "-", "--no-wait", "--json", stdin=f"nonsense\n{question()}")
    assert run.exit_code == 0
    assert json.loads(run.stdout)["counts"]["refused"] == 1
    assert run.stderr.startswith("Error: line 1 refused: is not a JSON object")
