"""``foldline export``, ``evaluate``, ``plot``: models of a service, and in directories."""

import io
import json

import numpy as np
import pytest

FORMS = [
    *(("network", form) for form in ("json", "onnx", "safetensors")),
    *(("breakpoints", form) for form in ("json", "csv", "npy")),
]


@pytest.mark.parametrize(("of", "form"), FORMS)
def test_a_directory_gives_the_same_file_as_the_service(
    foldline, alone, model_id, model_directory, tmp_path, of, form
):
    here, there = tmp_path / "here", tmp_path / "there"
    options = ("--format", form, "--of", of, "--extrapolate", "clamp")
    run = alone("export", model_directory, *options, "-o", here)
    assert (run.exit_code, run.stdout) == (0, f"{here}\n"), run.stderr
    run = foldline("export", model_id, *options, "-o", there, "--json")
    assert json.loads(run.stdout) == {"files": [str(there)]}
    assert here.read_bytes() == there.read_bytes()
    assert here.stat().st_size > 100


def test_c_is_a_header_and_a_source_in_a_directory(
    foldline, alone, model_id, model_directory, tmp_path
):
    here, there = tmp_path / "a" / "here", tmp_path / "there"
    options = ("--format", "c", "--of", "breakpoints", "--arithmetic", "fixed", "--name", "log_2")
    run = alone("export", model_directory, *options, "-o", here)
    assert run.stdout.splitlines() == [str(here / "log_2.h"), str(here / "log_2.c")]
    assert foldline("export", model_id, *options, "-o", there).exit_code == 0
    for name in ("log_2.h", "log_2.c"):
        assert (here / name).read_text() == (there / name).read_text()
    assert "int32_t log_2(int16_t x)" in (here / "log_2.h").read_text()


def test_a_program_of_torch_needs_no_service(alone, model_directory, tmp_path):
    file = tmp_path / "model.pt2"
    run = alone("export", model_directory, "--format", "pt2", "-o", file)
    assert run.exit_code == 0, run.stderr
    assert file.read_bytes().startswith(b"PK")


def test_without_an_output_the_file_is_named_after_the_model(
    foldline, alone, model_id, model_directory, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    run = foldline("export", model_id, "-f", "csv")
    assert run.stdout == f"{model_id[:12]}-breakpoints.csv\n"
    assert (tmp_path / run.stdout.strip()).read_bytes() == (
        model_directory / "breakpoints.csv"
    ).read_bytes()
    assert alone("export", model_directory, "-f", "c").stdout == "mantissa.h\nmantissa.c\n"


def test_a_file_goes_to_standard_output(alone, model_directory):
    run = alone("export", model_directory, "-f", "npy", "-o", "-")
    rows = np.load(io.BytesIO(run.stdout_bytes))
    assert rows.dtype.names == ("x", "y", "slope", "intercept")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            ["-f", "onnx", "--of", "breakpoints"],
            "--format: there is no form onnx of the breakpoints; there is json, csv, npy, c",
        ),
        (["-f", "csv", "--of", "network"], "--format: there is no form csv of the network"),
        (["-f", "c", "-o", "-"], "--output: is a directory for C code"),
        (["-f", "json", "-o", "-", "--json"], "--json: has no room on standard output"),
        (
            ["-f", "json", "-o", "/no/such/dir/x"],
            "--output: /no/such/dir/x cannot be written: No such",
        ),
        (["-f", "json", "--name", "x"], "--name: is for format=c"),
        (["-f", "c", "--name", "for"], "--name: must be the name of a C function"),
        (["-f", "csv", "--extrapolate", "network"], "--extrapolate: must be linear or clamp"),
    ],
)
def test_what_cannot_be_exported_is_said(alone, model_directory, options, says):
    run = alone("export", model_directory, *options)
    assert (run.exit_code, run.stdout) == (2, "")
    assert run.stderr.startswith(f"Error: {says}")


def test_a_directory_without_a_whole_model_is_said(alone, model_directory, tmp_path):
    def said(directory):
        run = alone("evaluate", directory, 1)
        assert (run.exit_code, run.stdout) == (2, "")
        return run.stderr

    assert "holds no model: there is no manifest.json" in said(tmp_path)
    assert "is no directory, and no id" in said(tmp_path / "nothing")
    for file in model_directory.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "samples.npy").write_bytes(b"\x93NUMPY")
    assert "samples.npy holds no samples" in said(tmp_path)
    (tmp_path / "network.json").write_text("{}")
    assert "network.json is no Network" in said(tmp_path)
    (tmp_path / "network.json").unlink()
    assert "network.json cannot be read: No such file" in said(tmp_path)


def test_a_network_is_evaluated_as_the_service_does(
    foldline, alone, served, model_id, model_directory
):
    points = [-1.0, 1.25, 1.9]
    answer = served.request(
        f"/v1/models/{model_id}/evaluate", {"x": points, "extrapolate": "linear"}
    )
    for run in (
        foldline("evaluate", model_id, *points, "--extrapolate", "linear", "--json"),
        alone("evaluate", model_directory, *points, "--extrapolate", "linear", "--json"),
    ):
        assert run.exit_code == 0, run.stderr
        assert json.loads(run.stdout) == answer
    beyond = json.loads(alone("evaluate", model_directory, -1.0, "--json").stdout)
    assert beyond["y"][0] != answer["y"][0]


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    "stdin",
    [
        "1.25\n1.5\n",
        "x,y\n1.25,3\n1.5,\n",
        "y;x\n3;1.25\n4;1.5\n",
        "1.25 0\n# half\n1.5 0\n",
        npy(np.array([1.25, 1.5], np.float32)),
        npy(np.array([(1.25,), (1.5,)], dtype=[("x", "f8")])),
    ],
)
def test_points_come_from_standard_input(alone, model_directory, stdin):
    expected = alone("evaluate", model_directory, 1.25, 1.5).stdout
    assert expected.startswith("x,y\n1.25,0.3")
    assert alone("evaluate", model_directory, "-", stdin=stdin).stdout == expected


@pytest.mark.parametrize(
    ("points", "stdin", "says"),
    [
        (["one"], None, "X: 'one' is not a number"),
        (["nan"], None, "X: 'nan' is not a finite number"),
        (["1e300"], None, "X: 1e+300 is where the network leaves the range of float32"),
        (["-"], "1\ntwo\n", "line 2: 'two' is not a number"),
        (["-"], "", "line 1: there are no samples"),
        (["-"], npy(np.array(["a"])), "X: the NPY file holds <U1 [1]; give one axis of numbers"),
        (["-"], npy(np.array([np.inf])), "X: the NPY file holds numbers that are not finite"),
        (["-"], b"\x93NUMPY", "X: the NPY file cannot be read"),
    ],
)
def test_points_that_are_none_are_said(alone, model_directory, points, stdin, says):
    run = alone("evaluate", model_directory, *points, stdin=stdin)
    assert (run.exit_code, run.stdout) == (2, "")
    assert run.stderr.startswith(f"Error: {says}")


def test_a_directory_gives_the_same_picture_as_the_service(
    foldline, alone, model_id, model_directory, tmp_path
):
    file = tmp_path / "here.svg"
    assert alone("plot", model_directory, "-o", file).stdout == f"{file}\n"
    there = foldline("plot", model_id, "-o", "-")
    assert file.read_bytes() == there.stdout_bytes == (model_directory / "plot.svg").read_bytes()
    dark = alone("plot", model_directory, "--theme", "dark", "-o", "-").stdout_bytes
    assert dark == foldline("plot", model_id, "--theme", "dark", "-o", "-").stdout_bytes
    assert dark != there.stdout_bytes
    run = alone("plot", model_directory, "-o", "plot.png")
    assert (run.exit_code, run.stderr) == (
        2,
        "Error: --output: plot.png must end in .svg: pictures are SVG\n",
    )
