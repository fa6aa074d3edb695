"""What stands behind the #: every address has an answer, and leads to nothing but its view."""

import re

import pytest
from playwright.sync_api import expect

from tests.page.conftest import CURVES, SILU


@pytest.mark.parametrize(
    "address",
    ["/nothing", "main", "/models/%", "/models/..%2F..%2Fhealthz", "/jobs/../models", "/jobs/a/b"],
)
def test_an_address_that_is_none_says_so_and_asks_for_nothing(visit, address):
    visitor = visit()
    page = visitor.page
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{visitor.url}/#{address}")
    expect(page.get_by_role("heading", name="Not found")).to_be_focused()
    expect(page).to_have_title("Not found · Foldline")
    expect(page.get_by_role("alert")).to_contain_text(f"There is nothing at {address}.")
    visitor.check_access()
    assert not [url for url in asked if "/page/" not in url and url.rstrip("/") != visitor.url]
    page.get_by_role("link", name="To the start").click()
    expect(page.get_by_role("heading", name="Fit a network to a curve")).to_be_visible()


def test_a_view_that_cannot_be_fetched_says_so_and_is_there_later(visit):
    visitor = visit(complains=True)
    page = visitor.go("/jobs")
    page.route("**/page/views/**", lambda route: route.abort())
    page.get_by_role("link", name="Models", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The service cannot be reached")
    expect(page.get_by_text("What you see may be old")).to_be_visible()
    page.unroute("**/page/views/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Models")).to_be_visible()
    expect(page.get_by_text("What you see may be old")).to_be_hidden()


def test_who_skips_to_the_content_stays_at_the_address(visit):
    visitor = visit()
    page = visitor.go("/models")
    page.get_by_role("link", name="Skip to the content").press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.reload()
    expect(page.get_by_role("heading", name="Models")).to_be_visible()


def test_a_question_of_a_view_that_is_left_is_not_answered_on_another(visit, tower):
    visitor = visit()
    visitor.go("/jobs")
    page = visitor.go(f"/models/{tower['id']}")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("#/jobs$"))
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.go_forward()
    expect(page.get_by_role("heading", name="Certificate")).to_be_visible()


def drop_file(page, path):
    """Drag a file from the desktop over the head of the page, and let it fall."""
    session = page.context.new_cdp_session(page)
    # Copy, link or move: what the page makes of it.
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 7}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 640, "y": 20, "data": data})


def test_a_file_that_is_dropped_beside_its_zone_is_not_opened(visit, served, tower):
    job = served.request("/v1/jobs", {"samples": SILU, "target": {"tolerance": 0.6}, "name": "j"})
    visitor = visit()
    for address in (
        "/jobs",
        "/models",
        "/batches",
        "/batches?new=true",
        f"/models/{tower['id']}",
        f"/jobs/{job['id']}",
        "/nothing",
    ):
        page = visitor.go(address)
        # Only what is refused while it is dragged is not the browser's to open.
        page.evaluate(
            """window.over = null;
            window.addEventListener("dragover", (event) => {
                window.over = [event.defaultPrevented, event.dataTransfer.dropEffect];
            });"""
        )
        drop_file(page, CURVES / "silu.csv")
        page.wait_for_function("window.over")
        assert page.evaluate("window.over") == [True, "none"], address
    page = visitor.go("/")
    drop_file(page, CURVES / "silu.csv")
    expect(page.get_by_label("Tolerance", exact=True)).to_be_visible()
