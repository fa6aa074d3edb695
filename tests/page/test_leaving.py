"""What a view has made is gone with it."""

import re

from playwright.sync_api import expect

from tests.page.conftest import await_frames
from tests.waiting import until


def nodes(page):
    """How many nodes are kept, on the page or off it."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
        await_frames(page)
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(each["value"] for each in metrics if each["name"] == "Nodes")


def test_views_leave_nothing_behind(visit, tower):
    page = visit().go("/jobs")

    def tour():
        for address, title in (
            (f"/models/{tower['id']}", "SiLU"),
            ("/batches?new=true", "Batches"),
            ("/models", "Models"),
            ("/jobs", "Jobs"),
        ):
            page.evaluate("address => { location.hash = address; }", address)
            expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()

    for _ in range(4):
        tour()
    # What is made once is there by now.
    before = nodes(page)
    for _ in range(4):
        tour()
    # The browser lets go when it has the time.
    until(lambda: nodes(page) < 1.5 * before)


def test_curves_that_were_looked_at_are_let_go(visit):
    page = visit().go()

    def choose(title):
        page.get_by_role("button", name=re.compile(title)).click()
        expect(page.get_by_role("heading", name=re.compile(title))).to_be_visible()
        page.get_by_role("button", name="Another curve").click()
        expect(page.get_by_role("button", name="Choose a file")).to_be_focused()

    for title in ("pump", "SiLU"):
        choose(title)
    before = nodes(page)
    for title in 3 * ("pump", "SiLU"):
        choose(title)
    # The browser may hold the last one a while; each that stays is more than there is at first.
    until(lambda: nodes(page) < 4 * before)
