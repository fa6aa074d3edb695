"""Puts the results of the other benchmarks into the pages of docs/, between their markers.

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
PAGES = (ROOT / "docs" / "numerics.md", ROOT / "docs" / "operations.md")
FROM_PAGE = "../benchmarks/results/"
MARKED = re.compile(r"(<!-- results: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Rewrite the pages, or say whether they are up to date."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    options = parser.parse_args()
    old = [page for page in PAGES if filled(page.read_text(), RESULTS) != page.read_text()]
    if options.check:
        names = " and ".join(page.name for page in old)
        sys.exit(f"{names}: out of date, run {Path(__file__).name}" if old else 0)
    for page in old:
        page.write_text(filled(page.read_text(), RESULTS))


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
