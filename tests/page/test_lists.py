"""Lists of jobs and models: what there is is found, looked at page by page, and kept up to date."""

import re

import pytest
from playwright.sync_api import expect

from tests.engines.held import holding
from tests.page.conftest import ENDLESS
from tests.served import Served
from tests.waiting import until

X = [i / 20 for i in range(21)]


def question(power=2, tolerance=0.05, **further):
    """A small question whose answer takes no time."""
    return {
        "samples": {"x": X, "y": [x**power for x in X]},
        "target": {"tolerance": tolerance},
        "options": {"effort": "quick"},
        **further,
    }


def asked(served, *questions):
    """Have questions answered, in this order; returns the ids of their jobs."""
    jobs = []
    for each in questions:
        job = served.request("/v1/jobs", each)
        until(lambda job=job: served.request(job["links"]["self"])["finished_at"])
        jobs.append(job["id"])
    return jobs


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A service with the jobs of this file alone."""
    started = Served(tmp_path_factory.mktemp("lists"), **holding())
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="module")
def filled(own):
    """26 jobs, one of which misses its target, and 24 models."""
    asked(
        own,
        *(
            question(1 + i / 10, name=f"curve {i}", metadata={"site": str(i % 2)})
            for i in range(22)
        ),
        question(9, 1e-9, name="too much", options={"effort": "quick", "max_segments": 2}),
        question(7, name="last", metadata={"site": "1", "line": "a"}),
        *[question(2, name="asked again")] * 2,
    )
    return own


def rows(page):
    return page.locator("tbody tr")


def test_a_new_service_says_what_to_do(visit, own):
    visitor = visit(own.url)
    page = visitor.go("/models")
    expect(page.get_by_text("No models yet")).to_be_visible()
    visitor.look("models-empty")
    page = visitor.go("/jobs")
    expect(page.get_by_text("No jobs yet")).to_be_visible()
    # Of a batch there may be many, which are not listed here.
    page.get_by_role("main").get_by_role("link", name="their batch").last.click()
    expect(page.get_by_text("No batches yet")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Fit a curve").click()
    expect(page).to_have_url(re.compile(r"#/$"))


def test_models_are_filtered_paged_and_deleted(visit, filled):
    visitor = visit(filled.url)
    page = visitor.go("/models")
    expect(rows(page)).to_have_count(20)
    first = page.get_by_role("row").nth(1)
    expect(first).to_contain_text("last")
    expect(first.locator("polyline")).to_have_count(1)
    page.get_by_role("button", name="Show more").press("Enter")
    expect(rows(page)).to_have_count(24)
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()
    visitor.look("models")

    page.get_by_label("Labels").fill("site:1, line:a")
    expect(rows(page)).to_have_count(1)
    expect(page).to_have_url(re.compile("metadata="))
    page.get_by_label("Target").select_option("Not met")
    expect(page.get_by_text("No model is like that")).to_be_visible()
    page.go_back()
    expect(rows(page)).to_have_count(1)
    page.go_back()
    expect(rows(page)).to_have_count(20)
    page = visitor.go("/models?met=false")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("target not met")
    page.get_by_role("button", name="Clear").click()
    expect(rows(page)).to_have_count(20)
    page.get_by_label("Name").fill("CURVE 7")
    expect(rows(page)).to_have_count(1)

    page.get_by_role("button", name="Delete curve 7").focus()
    page.keyboard.press("Enter")
    question = page.get_by_role("dialog", name="Delete curve 7?")
    expect(question).to_contain_text("gone for good")
    # Who only presses Enter keeps it.
    page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("curve 7 is deleted")).to_be_visible()
    assert filled.request("/v1/models?name=curve%207")["data"] == []


def test_jobs_are_looked_through_and_cancelled(visit, filled):
    visitor = visit(filled.url)
    page = visitor.go("/jobs")
    expect(rows(page)).to_have_count(20)
    page.get_by_label("Status").select_option("Target not met")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("too much")
    page.get_by_label("Status").select_option("Cancelled")
    expect(page.get_by_text("No job is like that")).to_be_visible()
    page.get_by_label("Status").select_option("Any")
    page.get_by_label("Labels").fill("site:1, line:a")
    expect(rows(page)).to_have_count(1)
    page.get_by_label("Labels").fill("")
    page.get_by_label("Name").fill("asked")
    expect(rows(page)).to_have_count(2)
    expect(page).to_have_url(re.compile(r"search=asked"))
    visitor.look("jobs-filtered")
    page.get_by_label("Name").fill("")
    expect(rows(page)).to_have_count(20)

    # What others ask meanwhile is there without being asked for.
    filled.request("/v1/jobs", question(5, name="long") | ENDLESS)
    running = page.get_by_role("row", name="long")
    expect(running.get_by_text(re.compile("running|queued"))).to_be_visible()
    visitor.look("jobs")
    running.get_by_role("button", name="Cancel long").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the job").click()
    expect(running.get_by_text("cancelled", exact=True)).to_be_visible()
    expect(running.get_by_role("button")).to_have_count(0)
    running.get_by_role("link").click()
    expect(page).to_have_url(re.compile("#/jobs/job_"))


def test_a_filter_that_is_refused_can_be_changed(visit, filled):
    visitor = visit(filled.url)
    for address, field in (
        ("/models?met=perhaps", "met"),
        ("/jobs?status=idle", "status"),
        ("/batches?status=idle", "status"),
        ("/models?metadata=site", "metadata"),
        ("/jobs?created_from=today", "created_from"),
    ):
        page = visitor.go(address)
        expect(page.get_by_role("alert")).to_contain_text(field)
        expect(page.get_by_role("search")).to_be_visible()
        visitor.check_access()
        page.get_by_role("button", name="Clear").click()
        expect(page.locator("tbody tr, .empty").first).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
    page = visitor.go("/models")
    expect(rows(page)).to_have_count(20)
    page.get_by_label("Labels").fill("site")
    expect(page.get_by_role("alert")).to_contain_text("metadata")
    expect(rows(page)).to_have_count(0)
    page.get_by_label("Labels").fill("site:1, line:a")
    expect(rows(page)).to_have_count(1)
