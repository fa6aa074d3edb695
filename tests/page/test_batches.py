"""Batches: a file is sent, its functions fill in as they are fitted, errors are said by line."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.engines.held import holding
from tests.page.conftest import ENDLESS
from tests.served import Served, steady_port

X = [i / 20 for i in range(21)]
TABLE = "\n".join(["x,linear,square,broken", *(f"{x},{x},{x * x},{x}" for x in X)])


def line(number, **further):
    """A function of a batch; without further words one that is answered at once."""
    return json.dumps(
        {
            "custom_id": f"curve {number}",
            "samples": {"x": X, "y": [x ** (1 + number / 10) for x in X]},
            "target": {"tolerance": 0.01},
            "options": {"effort": "quick"},
            **further,
        }
    )


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A service with the batches of this file alone."""
    started = Served(tmp_path_factory.mktemp("batches"), **holding())
    yield started
    assert started.stop() == 0


def choose(page, name, text):
    page.get_by_label("File of the batch").set_input_files(
        {"name": name, "mimeType": "", "buffer": text.encode()}
    )


def test_a_call_that_is_looked_at_stays_when_a_file_is_chosen(visit, own):
    page = visit(own.url).go("/batches")
    page.get_by_role("button", name="Send the first").click()
    page.get_by_role("tab", name="curl").click()
    choose(page, "noted.csv", TABLE)
    expect(page.get_by_label("curl call", exact=True)).to_contain_text("--data-binary @noted.csv")


def test_a_table_is_sent_with_its_target_and_a_column_that_is_wrong(visit, own):
    visitor = visit(own.url)
    page = visitor.go("/batches")
    page.get_by_role("button", name="Send the first").click()
    choose(page, "noted.csv", f"# two valves; one pump\n{TABLE}")
    expect(page.get_by_text("noted.csv · ")).to_contain_text("a table of 3 functions")
    broken = TABLE.replace("0.5,0.5,0.25,0.5", "0.5,0.5,0.25,half")
    choose(page, "curves.csv", broken)
    expect(page.get_by_text("curves.csv · ")).to_contain_text("a table of 3 functions")
    page.get_by_label("Tolerance").fill("much")
    page.get_by_role("button", name="Send the batch").click()
    expect(page.get_by_label("Tolerance")).to_be_focused()
    expect(page.get_by_text("valid number")).to_be_visible()
    page.get_by_label("Tolerance").fill("0.02")
    page.get_by_label("Name of the batch").fill("three")
    page.get_by_role("tab", name="curl").click()
    call = page.get_by_label("curl call", exact=True)
    expect(call).to_contain_text("--data-binary @curves.csv")
    expect(call).to_contain_text("tolerance=0.02&relative_to=range&name=three")
    page.get_by_role("tab", name="Python").click()
    expect(page.get_by_label("Python call", exact=True)).to_contain_text(
        re.compile(r'file, "csv",\s+tolerance=0.02,\s+relative_to="range",\s+name="three"')
    )
    page.get_by_label("All or nothing").check()
    page.get_by_role("button", name="Send the batch").click()
    expect(page.get_by_role("alert")).to_contain_text("column.broken.line.12")
    visitor.look("batches-new")
    page.get_by_label("All or nothing").uncheck()
    page.get_by_role("button", name="Send the batch").click()

    expect(page.get_by_role("heading", name="three")).to_be_visible()
    expect(page.get_by_text("All 3 have ended")).to_be_visible()
    wrong = page.get_by_role("row", name="broken")
    expect(wrong).to_contain_text("12")
    expect(wrong).to_contain_text("half")
    expect(page.get_by_role("link", name="square")).to_contain_text("segments")
    visitor.look("batch")
    page = visitor.go("/batches")
    expect(page.get_by_role("row", name="three")).to_contain_text("Refused: broken (line 12)")
    visitor.look("batches")
    page.get_by_label("Status").select_option("Cancelled")
    expect(page.get_by_text("No batch is like that")).to_be_visible()
    page.get_by_label("Status").select_option("Completed")
    expect(page.get_by_role("row", name="three")).to_be_visible()
    page.get_by_role("button", name="New batch").click()
    expect(page).to_have_url(re.compile(r"status=completed&new=true$"))
    page.get_by_role("button", name="Clear").click()
    expect(page).to_have_url(re.compile(r"/batches\?new=true$"))


def test_lines_are_fitted_one_by_one_through_a_reload_and_cancelled(visit, own):
    visitor = visit(own.url)
    page = visitor.go("/batches?new=true")
    lines = [*(line(number) for number in range(12)), line(12, target={"tolerance": -1}), "no JSON"]
    lines += [line(20, **ENDLESS), line(21, **ENDLESS)]
    choose(page, "functions.ndjson", "\n".join(lines))
    expect(page.get_by_label("Tolerance")).to_be_hidden()
    with page.expect_request(re.compile("/v1/batches$")) as sent:
        page.get_by_role("button", name="Send the batch").click()
    assert sent.value.header_value("idempotency-key")
    for _ in range(2):
        expect(page.get_by_text(re.compile("14 of 16 have ended, [12] running"))).to_be_visible()
        expect(page.get_by_role("list", name="Functions").locator("polyline")).to_have_count(12)
        failures = page.locator(".failures tbody tr")
        expect(failures).to_have_count(2)
        expect(failures.first).to_contain_text("13")
        expect(failures.last).to_contain_text("Line 14")
        page.reload()
    expect(page.get_by_role("button", name="Target met 12")).to_be_visible()
    page.get_by_role("button", name="Refused 2").click()
    expect(page.get_by_role("list", name="Functions").get_by_role("listitem")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"\?show=refused$"))
    page.get_by_role("button", name="All 16").click()

    page.get_by_role("button", name="Cancel the batch").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the batch").click()
    expect(page.get_by_text("All 16 have ended")).to_be_visible()
    expect(page.get_by_role("button", name="Cancelled 2")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel the batch")).to_be_hidden()

    page.get_by_text("Take the results along").click()
    page.get_by_label("breakpoints").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download results").click()
    results = [json.loads(each) for each in download.value.path().read_text().splitlines()]
    assert [result["index"] for result in results] == list(range(16))
    assert results[0]["breakpoints"]["x"][0] == 0.0
    page.get_by_role("link", name="curve 5").click()
    expect(page).to_have_url(re.compile("#/models/"))


def test_batch_and_list_outlive_the_service(visit, tmp_path):
    port = steady_port()
    served = Served(tmp_path, "--port", port, **holding())
    body = "\n".join([line(1), line(2, **ENDLESS)])
    visitor = visit(served.url)
    page = visitor.go("/batches?new=true")
    choose(page, "two.ndjson", body)
    page.get_by_role("button", name="Send the batch").click()
    expect(page.get_by_text("1 of 2 have ended")).to_be_visible()
    elsewhere = page.context.new_page()
    elsewhere.goto(f"{served.url}/#/batches")
    expect(elsewhere.get_by_role("row").nth(1)).to_contain_text("running")
    assert served.stop() == 0
    for each in (page, elsewhere):
        expect(each.get_by_text("The service cannot be reached")).to_be_visible()
    again = Served(tmp_path, "--port", port, **holding())
    for each in (page, elsewhere):
        expect(each.get_by_text("The service cannot be reached")).to_be_hidden()
    identifier = page.url.rpartition("/")[2]
    again.request(f"/v1/batches/{identifier}/cancel", {})
    expect(page.get_by_text("All 2 have ended")).to_be_visible()
    expect(page.get_by_role("listitem").get_by_text("cancelled")).to_have_count(1)
    expect(page.get_by_role("listitem").get_by_text("met", exact=True)).to_have_count(1)
    expect(elsewhere.get_by_role("row").nth(1)).to_contain_text("1 cancelled")
    assert again.stop() == 0


def test_there_is_something_to_try(visit, own):
    page = visit(own.url).go("/batches?new=true")
    page.get_by_role("button", name="24 functions").click()
    page.get_by_role("button", name="Send the batch").click()
    expect(page.get_by_role("button", name="All 24")).to_be_visible()
    expect(page.get_by_role("button", name="Refused")).to_be_hidden()
    expect(page.get_by_role("list", name="Functions").locator("polyline").first).to_be_visible()
