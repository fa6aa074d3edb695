"""States that pass: everybody can read them too, in both themes."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.engines.held import holding
from tests.page.conftest import ENDLESS
from tests.served import Served

X = [i / 20 for i in range(21)]
QUICK = {
    "samples": {"x": X, "y": [x**2 for x in X]},
    "target": {"tolerance": 0.05},
    "options": {"effort": "quick"},
}


def endless(power):
    """A question whose answer takes as long as anybody watches."""
    return {"samples": {"x": X, "y": [x**power for x in X]}, **ENDLESS}


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """A service whose one worker has more to do than it will ever have done."""
    started = Served(tmp_path_factory.mktemp("busy"), **holding())
    started.request("/v1/jobs", endless(3))
    yield started
    assert started.stop() == 0


def test_a_job_that_waits_and_one_that_is_cancelled(visit, busy):
    job = busy.request("/v1/jobs", endless(4))["id"]
    visitor = visit(busy.url)
    page = visitor.go(f"/jobs/{job}")
    expect(page.get_by_text(re.compile("Waiting for a worker since"))).to_be_visible()
    expect(page.get_by_text("Loading the samples")).to_have_count(0)
    visitor.check_access()
    page.get_by_role("button", name="Cancel this job").click()
    expect(page.get_by_text("This job was cancelled")).to_be_visible()
    visitor.check_access()


def test_a_batch_in_progress_the_question_whether_to_end_it_and_the_service_gone(visit, tmp_path):
    served = Served(tmp_path, **holding())
    lines = [QUICK, endless(3), QUICK | {"target": {"tolerance": -1}}]
    visitor = visit(served.url, complains=True)
    page = visitor.go("/batches?new=true")
    page.get_by_label("File of the batch").set_input_files(
        {
            "name": "three.ndjson",
            "mimeType": "",
            "buffer": "\n".join(map(json.dumps, lines)).encode(),
        }
    )
    page.get_by_role("button", name="Send the batch").click()
    expect(page.get_by_text("2 of 3 have ended, 1 running")).to_be_visible()
    visitor.check_access()
    page.get_by_role("button", name="Cancel the batch").click()
    expect(page.get_by_role("dialog", name="Cancel this batch?")).to_be_visible()
    visitor.check_access()
    page.get_by_role("button", name="Keep it").click()
    assert served.stop() == 0
    expect(page.get_by_text("The service cannot be reached")).to_be_visible()
    visitor.check_access()
