"""The page's files: complete, small, bound to nothing else, and in the package."""

import gzip
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from service.page_files import FOLDER

ROOT = Path(__file__).parents[2]
CURVES = sorted(path.name for path in (ROOT / "examples/curves").glob("*.csv"))
# Everything but the curves, of which one is loaded when it is chosen.
FILES = sorted(
    path.relative_to(FOLDER)
    for path in FOLDER.rglob("*")
    if path.is_file() and path.suffix in {".html", ".js", ".css", ".svg"}
)
OURS = [path for path in FILES if path.parts[0] != "vendor"]


def text_of(path):
    return (FOLDER / path).read_text()


def test_the_page_may_load_its_own_files_and_nothing_else(client):
    response = client.get("/")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    policy = response.headers["content-security-policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == "'self'"
    assert "unsafe" not in policy
    assert directives["frame-ancestors"] == "'none'"


def test_every_file_the_page_names_is_served_and_asked_for_again(client):
    named = re.findall(r'(?:href|src)="(page/[^"]+)"', text_of("index.html"))
    assert len(named) > 5
    for path in named:
        response = client.get(f"/{path}")
        assert response.status_code == 200, path
        assert response.headers["cache-control"] == "no-cache"
        again = client.get(f"/{path}", headers={"If-None-Match": response.headers["etag"]})
        assert again.status_code == 304


def test_what_is_not_there_is_a_problem_document(client, problem):
    problem(client.get("/page/nothing.js"), 404, "not-found")
    problem(client.get("/page/%2e%2e/page_files.py"), 404, "not-found")


def test_the_page_is_there_without_a_key(run_service, broker):
    with run_service(redis_url=broker.url, require_keys=True) as service:
        assert service.client.get("/").status_code == 200
        assert service.client.get("/page/app.js").status_code == 200
        assert service.client.get("/v1/jobs").status_code == 401


@pytest.mark.parametrize("path", OURS, ids=str)
def test_no_file_of_ours_leads_elsewhere_or_carries_what_the_policy_refuses(path):
    text = text_of(path).replace("http://www.w3.org/", "")
    assert not re.search(r"https?://(?!127\.0\.0\.1|localhost)", text)
    if path.suffix == ".html":
        assert not re.search(r"<script>|<style|\sstyle=|\son\w+=", text)
    if path.suffix == ".js":
        assert "innerHTML" not in text
        assert "eval(" not in text


@pytest.mark.parametrize("path", [p for p in OURS if p.suffix == ".js"], ids=str)
def test_every_module_imports_modules_that_are_there(path):
    for imported in re.findall(r'(?:from|import)\s+"([^"]+)"', text_of(path)):
        assert (FOLDER / path.parent / imported).resolve().is_file(), imported


def test_everything_together_weighs_less_than_300_kb_compressed(client):
    sent = sum(len(gzip.compress((FOLDER / path).read_bytes())) for path in FILES)
    assert sent < 300_000
    answer = client.get("/page/vendor/uplot/uPlot.esm.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


def test_the_curves_to_try_are_served(client):
    for name in CURVES:
        response = client.get(f"/page/curves/{name}")
        assert response.content == (ROOT / "examples/curves" / name).read_bytes()


@pytest.mark.slow
def test_a_wheel_has_the_page_and_the_curves(tmp_path):
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"),
            *("--wheel-dir", str(tmp_path), str(ROOT)),
        ],
        check=True,
    )
    (wheel,) = tmp_path.glob("foldline-*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"service/page/{path.as_posix()}" for path in FILES}
    expected |= {f"service/page/curves/{name}" for name in CURVES}
    assert expected <= inside
