"""What the README shows of the client is what it does."""

import contextlib
import io
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
NUMBER = re.compile(r"[0-9a-f]{8}(?=:)|-?\d+(\.\d*)?(e-?\d+)?")


def without_numbers(text):
    # Machines differ in the last digits, and so do the widths of columns.
    return re.sub(r"[ ]+", " ", NUMBER.sub("#", text))


def test_the_code_of_the_readme_prints_what_it_says(served, monkeypatch, tmp_path):
    section = (ROOT / "README.md").read_text().partition("## From Python")[2].partition("\n## ")[0]
    (_, code), (_, shown) = BLOCK.findall(section)
    monkeypatch.setenv("FOLDLINE_URL", served.url)
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    assert without_numbers(printed.getvalue()) == without_numbers(shown)
    assert (tmp_path / "ntc.zip").read_bytes()[:2] == b"PK"
