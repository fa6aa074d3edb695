"""Puts the results of the other benchmarks into docs/numerics.md, between their markers.

A fragment ``benchmarks/results/NAME.md`` goes between ``<!-- results: NAME -->`` and
``<!-- end -->``, its headings two levels down and its pictures by their path from docs/. A second.

    python benchmarks/document.py
    python benchmarks/document.py --check    # exit code 1 if something would change
"""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "numerics.md"
FROM_PAGE = "../benchmarks/results/"
MARKED = re.compile(r"(<!-- results: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Rewrite the page, or say whether it is up to date."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    options = parser.parse_args()
    before = PAGE.read_text()
    after = filled(before, RESULTS)
    if options.check:
        sys.exit(0 if after == before else f"{PAGE.name} is out of date: run {Path(__file__).name}")
    PAGE.write_text(after)


def filled(page: str, results: Path) -> str:
    """The page with every fragment between its markers; empty where there is no such result."""

    def fill(found: re.Match[str]) -> str:
        path = results / f"{found[2]}.md"
        text = adapted(path.read_text()) if path.exists() else "Not run yet.\n"
        return f"{found[1]}{text}{found[3]}"

    return MARKED.sub(fill, page)


def adapted(fragment: str) -> str:
    """A fragment as a part of the page."""
    lower = re.sub(r"^(#+) ", r"##\1 ", fragment, flags=re.MULTILINE)
    return re.sub(r"(!\[[^]]*\]\()", rf"\1{FROM_PAGE}", lower)


if __name__ == "__main__":
    main()
