"""The page of figures shows what the benchmarks wrote."""

from benchmarks.document import PAGES, RESULTS, filled

TEXT = "".join(page.read_text() for page in PAGES)


def test_the_pages_are_up_to_date():
    for page in PAGES:
        assert filled(page.read_text(), RESULTS) == page.read_text()


def test_every_result_is_on_one_page():
    for path in RESULTS.glob("*.md"):
        assert TEXT.count(f"<!-- results: {path.stem} -->") == 1


def test_every_picture_is_on_a_page():
    for path in RESULTS.glob("*.svg"):
        assert f"(../benchmarks/results/{path.name})" in TEXT


def test_a_fragment_replaces_what_was_between_its_markers(tmp_path):
    (tmp_path / "one.md").write_text("# Title\n\n## Part\n\n![words](one.svg)\n")
    page = (
        "# Page\n<!-- results: one -->\nold\n<!-- end -->\ntext\n"
        "<!-- results: two -->\n<!-- end -->\n"
    )
    once = filled(page, tmp_path)
    assert once == (
        "# Page\n<!-- results: one -->\n### Title\n\n#### Part\n\n"
        "![words](../benchmarks/results/one.svg)\n<!-- end -->\ntext\n"
        "<!-- results: two -->\nNot run yet.\n<!-- end -->\n"
    )
    assert filled(once, tmp_path) == once
