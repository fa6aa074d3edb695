"""Every file of a model, downloaded from the page and used by the code beside it."""

import io
import json
import math
import re
import shlex
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.page.conftest import SILU
from tests.waiting import HANGS_AFTER_S


def saved(page, region, button):
    with page.expect_download() as download:
        region.get_by_role("button", name=button).click()
    return download.value


def used(page, region, form, directory):
    """Download a form and run the code that is shown with it; what it prints."""
    region.get_by_role("tab", name=form, exact=True).click()
    download = saved(page, region, re.compile("^Download "))
    file = directory / download.suggested_filename
    download.save_as(file)
    code = region.get_by_role("region", name=re.compile("^Code that uses")).inner_text()
    if file.suffix == ".zip":
        return _compiled(file, code, directory)
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=HANGS_AFTER_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return _number(ran.stdout)


def _compiled(archive, code, directory):
    zipfile.ZipFile(archive).extractall(directory)
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    (directory / "main.c").write_text(code)
    source = f"{archive.stem}.c"
    subprocess.run(
        [compiler, "-std=c99", "main.c", source, "-lm", "-o", "main"], cwd=directory, check=True
    )
    return _number(subprocess.check_output([directory / "main"], text=True))


def _number(text):
    return float(re.search(r"-?\d+\.?\d*(e-?\d+)?", text)[0])


@pytest.mark.parametrize("name", ["values", "2 of_" + 9 * "long ", "温度"])
def test_c_is_to_be_had_whatever_the_curve_is_called(visit, fitted, tmp_path, name):
    samples = {"x": [0, 1, 2], "y": [0, len(name), 1]}
    model = fitted(samples, {"tolerance": 0.1}, name=name, architecture="shallow")
    page = visit().go(f"/models/{model['id']}")
    networks = (
        page.get_by_role("region", name="Take it along").locator(".columns.halves > div").first
    )
    value = used(page, networks, "C", tmp_path)
    assert value is None or 0 < value < 60


def test_every_file_does_what_the_code_beside_it_says(visit, tower, tmp_path):
    page = visit().go(f"/models/{tower['id']}")
    region = page.get_by_role("region", name="Take it along")
    at = 0.8
    expected = at / (1 + math.exp(-at))
    networks, tables = region.locator(".columns.halves").nth(0).locator("> div").all()
    for part, forms in (
        (networks, ("ONNX", "safetensors", "PyTorch", "C", "JSON")),
        (tables, ("CSV", "JSON", "NumPy", "C")),
    ):
        for form in forms:
            value = used(page, part, form, tmp_path)
            assert value is None or abs(value - expected) < 1e-3, form

    region.get_by_label("C arithmetic").select_option("fixed")
    region.get_by_label("C function and files").fill("sigmoid_linear")
    region.get_by_label("Outside the samples").select_option("clamp")
    for part in (networks, tables):
        value = used(page, part, "C", tmp_path)
        assert value is None or abs(value - expected) < 1e-3
    assert "int32_t sigmoid_linear(int16_t x)" in (tmp_path / "sigmoid_linear.h").read_text()

    region.get_by_label("C function and files").fill("not a name")
    call = networks.get_by_role("region", name=re.compile("^Command")).inner_text()
    assert shlex.split(call)[:3] == ["curl", "-fo", "not a name.zip"]
    networks.get_by_role("button", name=re.compile("^Download ")).click()
    expect(networks.get_by_role("alert")).to_contain_text("name")

    samples = json.loads(saved(page, region, "JSON").path().read_text())
    assert samples["y"] == SILU["y"]
    rows = np.genfromtxt(saved(page, region, "CSV").path(), delimiter=",", names=True)
    assert rows["x"].tolist() == SILU["x"]
    assert (
        np.load(io.BytesIO(saved(page, region, "NPY").path().read_bytes()))[0].tolist() == SILU["x"]
    )
    for theme in ("light", "dark"):
        assert "<svg" in saved(page, region, f"SVG, {theme}").path().read_text()
