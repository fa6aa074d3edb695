"""The start: from a curve to a job, as somebody does it who has read nothing."""

import io
import json
import os
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.page.conftest import CURVES
from tests.served import ROOT
from tests.waiting import until

X = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
Y = [0.771, 0.669, 0.556, 0.446, 0.346, 0.264, 0.199, 0.15, 0.113, 0.085, 0.065]
LIST = ROOT / "service/page/views/start/curves.js"
OF_CURVE = re.compile(r'name: "(\w+)".*?points: (\d+).*?sketch: (\[.*?\])', re.DOTALL)


def csv(*columns, header="x,y"):
    rows = (",".join(map(str, row)) for row in zip(*columns, strict=True))
    return "\n".join([header, *rows]).encode()


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def give(page, name, content):
    """Choose a file, as with the button."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files({"name": name, "mimeType": "", "buffer": content})


def paste(page, text):
    """Paste text while nothing is focused that takes it."""
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            document.body.dispatchEvent(
                new ClipboardEvent("paste", {clipboardData: data, bubbles: true}));
        }""",
        text,
    )


def drop(page, name, content):
    page.evaluate(
        """([name, text]) => {
            const data = new DataTransfer();
            data.items.add(new File([text], name));
            document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
        }""",
        [name, content],
    )


def pick(page, title):
    page.get_by_role("button", name=re.compile(title)).click()


# Of the job's view, or of its model's, which takes its place when the job has ended.
AT_JOB = re.compile(r"#/(?:jobs/|models/.*[?&]job=)(job_\w+)")


def fit(page):
    """Press the button, and wait for the job's view or its model's; its id."""
    page.get_by_role("button", name="Fit", exact=True).click()
    page.wait_for_url(AT_JOB)
    return AT_JOB.search(page.url)[1]


def read_at_middle(page):
    """What is under a cursor that comes to the middle of the plot."""
    page.mouse.move(0, 0)
    page.get_by_role("group", name=re.compile("samples and corridor")).hover()
    said = page.locator(".plot-values").first
    expect(said).to_contain_text("corridor")
    return said.text_content()


def corridor_at_middle(page):
    said = re.search(r"corridor (\S+) to (\S+)", read_at_middle(page))
    return [float(value) for value in said.groups()]


def await_corridor(page, low, high):
    """Wait until the corridor at the middle is drawn from here to there."""
    until(lambda: corridor_at_middle(page) == pytest.approx([low, high], rel=0.05))


def await_width(page, width):
    """Wait until the corridor at the middle is drawn so wide."""
    until(lambda: -np.subtract(*corridor_at_middle(page)) == pytest.approx(width, rel=1e-3))


def shown(page, kind):
    """The call that is shown."""
    page.get_by_role("tab", name=kind).click()
    return page.get_by_role(
        "region", name=f"Call {'with' if kind == 'curl' else 'from'} {kind}"
    ).text_content()


def question(served, job_id):
    job = served.request(f"/v1/jobs/{job_id}")
    return {part: job[part] for part in ("samples", "target", "options", "name")}


def test_the_list_of_curves_is_what_the_directory_has():
    listed = {
        name: (int(points), json.loads(sketch))
        for name, points, sketch in OF_CURVE.findall(LIST.read_text())
    }
    assert listed.keys() == {path.stem for path in CURVES.glob("*.csv")}
    for name, (points, sketch) in listed.items():
        x, y = np.loadtxt(CURVES / f"{name}.csv", delimiter=",", skiprows=1, unpack=True)
        heights = np.interp(np.linspace(x[0], x[-1], len(sketch)), x, y)
        assert points == x.size
        np.testing.assert_allclose(sketch, (heights - y.min()) / np.ptp(y) * 99, atol=1)


def test_from_the_empty_page_to_a_job_with_a_curve_that_is_there(visit, served):
    visitor = visit()
    page = visitor.go()
    expect(page.get_by_text("you get the smallest ReLU network")).to_be_visible()
    visitor.look("start")

    pick(page, "Efficiency of a pump")
    expect(page.get_by_text("281 samples. Flow (m³/h) from 0 to 140")).to_be_visible()
    visitor.look("start-with-curve")

    job = question(served, fit(page))
    assert job["samples"]["count"] == 281
    assert job["target"]["tolerance"] == 1e-3
    assert job["target"]["relative_to"] == "range"
    assert job["name"] == "pump_efficiency"


@pytest.mark.parametrize(
    ("name", "content", "loading"),
    [
        ("my readings.csv", csv(X, Y, header="celsius,ratio"), "np.loadtxt"),
        ("readings.tsv", b"# logged\n\n0;0,5\n1;0,75\n2;1\n", "converters="),
        ("rows.npy", npy(np.array([X, Y])), 'np.load("rows.npy")'),
        ("columns.npy", npy(np.array([X, Y]).T), '.npy").T'),
        ("fields.npy", npy(np.rec.fromarrays([Y, X], names="y,x")), 'data["x"], data["y"]'),
    ],
    ids=["csv", "semicolons", "rows", "columns", "fields"],
)
def test_a_file_is_fitted_by_the_button_by_curl_and_from_python(
    visit, served, tmp_path, name, content, loading
):
    page = visit().go()
    give(page, name, content)
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.get_by_label("Tolerance", exact=True).fill("0.02")
    (tmp_path / name).write_bytes(content)

    curl, python = shown(page, "curl"), shown(page, "Python")
    assert loading in python
    ran = subprocess.run(shlex.split(curl), cwd=tmp_path, capture_output=True, check=True)
    by_curl = json.loads(ran.stdout)["id"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "client")}
    command = [sys.executable, "-c", python]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    [by_python] = [each["id"] for each in served.request("/v1/jobs?limit=1")["data"]]

    asked = question(served, fit(page))
    assert question(served, by_curl) == asked
    assert question(served, by_python) == asked
    assert asked["target"]["tolerance"] == 0.02


def test_two_columns_of_a_spreadsheet_are_pasted_anywhere_or_into_the_text(visit, served):
    page = visit().go()
    paste(page, "0\t0,5\n1\t0,75\n2\t1\n")
    expect(page.get_by_text("3 samples. x from 0 to 2, y from 0.5 to 1.")).to_be_visible()
    assert question(served, fit(page))["name"] == "pasted"

    page.go_back()
    page.get_by_role("button", name="Another curve").click()
    page.get_by_role("button", name="Use this text").click()
    expect(page.get_by_role("alert")).to_contain_text("there are no samples in this file")
    page.get_by_label("Or paste two columns").fill("volt\tamp\n0\t1\n5\t3\n")
    page.get_by_role("button", name="Use this text").click()
    expect(page.get_by_text("2 samples. volt from 0 to 5, amp from 1 to 3.")).to_be_visible()


def test_what_is_wrong_with_a_file_is_said_with_its_line_beside_the_input(visit):
    visitor = visit()
    page = visitor.go()
    give(page, "readings.csv", b"x,y\n1,2\n2,one\n")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("readings.csv could not be read.")
    expect(alert).to_contain_text("line 3: 'one' is not a number")
    expect(alert).to_contain_text("2,one")
    expect(page.get_by_role("button", name="Choose a file")).to_have_accessible_description(
        re.compile("line 3: 'one' is not a number")
    )
    visitor.look("start-wrong-file")

    give(page, "readings.xlsx", b"PK\x03\x04\x00\xb8\xff\n")
    expect(alert).to_contain_text("This is a spreadsheet's own file: save it as CSV")
    expect(alert).not_to_contain_text("PK")

    paste(page, "1 2\n3\n")
    expect(alert).to_contain_text("line 2: has 1 columns")
    text = page.get_by_label("Or paste two columns")
    expect(text).to_have_value("1 2\n3\n")
    expect(text).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize(
    ("name", "content"),
    [("table.csv", "x,a,b\n0,1,2\n1,3,4\n"), ("questions.ndjson", '{"samples": {}}\n')],
)
def test_a_file_of_many_curves_is_shown_the_way_to_batches(visit, name, content):
    page = visit().go()
    drop(page, name, content)
    link = page.get_by_role("alert").get_by_role("link", name="Send it as a batch")
    expect(link).to_have_attribute("href", "#/batches")


def test_the_corridor_slider_and_number_go_together(visit):
    page = visit().go()
    pick(page, "Efficiency of a pump")
    number = page.get_by_label("Tolerance", exact=True)
    slider = page.get_by_label("Tolerance, logarithmic")

    number.fill("0.1")
    expect(page.get_by_text("± 0.0652 at every sample")).to_be_visible()
    await_width(page, 2 * 0.06523)
    expect(slider).to_have_attribute("aria-valuetext", "0.1")

    slider.press("ArrowRight")
    expect(number).to_have_value("0.12")
    await_width(page, 2 * 0.07827)

    page.get_by_label("Unit").select_option("absolute")
    expect(number).to_have_value("0.07827")
    expect(slider).to_have_attribute("aria-valuetext", "0.07827")
    page.get_by_label("Metric").select_option("rmse")
    expect(page.get_by_text("there is no corridor to draw")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="corridor")).to_have_count(0)


def test_a_thin_corridor_is_called_invisible_only_where_no_zoom_shows_it(visit):
    page = visit().go()
    give(page, "three.csv", csv([0, 1, 2], [0, 1, 3]))
    expect(page.get_by_text("thinner than a line, however close one looks")).to_be_visible()
    page.get_by_label("Tolerance", exact=True).fill("0.01")
    expect(page.get_by_text("thinner than a line")).to_be_hidden()

    page.get_by_role("button", name="Another curve").click()
    give(page, "end.csv", csv(range(10), [0, 100, 0, 100, 0, 100, 0, 100, 100.1, 100]))
    page.get_by_label("Tolerance", exact=True).fill("1e-4")
    expect(page.get_by_text("thinner than a line: zoom in to see it")).to_be_visible()


def test_relative_errors_and_tolerances_of_the_file_make_corridors_of_their_own(visit, served):
    page = visit().go()
    give(page, "t.csv", csv([0, 1, 2], [1, 2, 3], [0.1, 0.2, 0.5], header="x,y,tolerance"))
    expect(page.get_by_text("a tolerance for each sample")).to_be_visible()
    expect(page.get_by_label("Tolerance", exact=True)).to_have_count(0)
    await_corridor(page, 1.8, 2.2)
    page.get_by_label("Metric").select_option("max_rel")
    await_corridor(page, 1.6, 2.4)
    metric = page.get_by_label("Metric")
    metric.select_option("rmse")
    page.get_by_role("button", name="Fit", exact=True).click()
    expect(metric).to_have_accessible_description(
        re.compile("tolerance is one number for rmse, not one for")
    )
    metric.select_option("max_rel")
    assert question(served, fit(page))["target"]["tolerance"] == "per_sample"

    page.go_back()
    page.get_by_role("button", name="Another curve").click()
    give(page, "w.csv", csv([0, 1, 2], [1, 2, 3], [1, 2, 1], header="x,y,weight"))
    expect(page.get_by_text("how much each sample counts in a mean")).to_be_visible()
    expect(page.get_by_label("Metric")).to_have_value("rmse")


def test_what_is_wrong_in_a_field_is_said_beside_it_by_the_page_and_by_the_service(visit):
    page = visit().go()
    give(page, "zero.csv", csv([0, 1, 2], [0, 1, 3]))
    number, metric = page.get_by_label("Tolerance", exact=True), page.get_by_label("Metric")
    number.fill("small")
    expect(number).to_have_accessible_description(re.compile("'small' is not a number"))
    page.get_by_role("button", name="Fit", exact=True).click()
    expect(number).to_be_focused()
    number.fill("")
    expect(number).to_have_accessible_description(re.compile("give a tolerance, or a budget"))
    page.get_by_label("parameters", exact=True).fill("2")
    expect(number).not_to_have_attribute("aria-invalid", "true")

    page.get_by_role("button", name="Fit", exact=True).click()
    budget = page.get_by_label("parameters", exact=True)
    expect(budget).to_have_accessible_description(re.compile("must be at least 4"))
    expect(budget).to_be_focused()
    budget.fill("")
    metric.select_option("max_rel")
    number.fill("0.01")
    page.get_by_role("button", name="Fit", exact=True).click()
    expect(metric).to_have_accessible_description(re.compile("undefined where y is 0, as it is at"))
    page.get_by_label("Floor").fill("0.5")
    fit(page)


def test_numbers_far_from_zero_are_told_apart(visit):
    page = visit().go()
    begin = 1_700_000_000
    give(page, "log.csv", csv([begin + 60 * i for i in range(61)], [*range(61)], header="time,y"))
    expect(page.get_by_text("time from 1,700,000,000 to 1,700,003,600, y from 0")).to_be_visible()
    found = re.search(r"x = (\S+)", read_at_middle(page))[1]
    assert float(found.replace(",", "")) == pytest.approx(begin + 1800, abs=300)
    label, values = page.evaluate(
        """async ([min, max]) => {
            const { ticks } = await import(new URL("page/plots/ticks.js", location.origin));
            const u = { scales: { x: { min, max } } };
            const { label, values } = ticks("x", "time");
            return [label(u), values(u, [min, min + 60.5, max])];
        }""",
        [begin, begin + 3600],
    )
    assert (label, values) == ("time − 1,700,000,000", ["0", "60.5", "3,600"])


def test_the_whole_way_with_the_keyboard_alone(visit):
    page = visit().go()

    def tab_to(locator):
        for _ in range(60):
            if locator.evaluate("element => element === document.activeElement"):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"no way to {locator} with Tab")

    tab_to(page.get_by_role("button", name=re.compile("Logarithm")))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Logarithm, base 2")).to_be_focused()
    tab_to(page.get_by_label("Tolerance, logarithmic"))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Tolerance", exact=True)).to_have_value("0.0012")
    tab_to(page.get_by_role("radio", name="Standard"))
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="Quick")).to_be_checked()
    tab_to(page.get_by_role("button", name="Fit", exact=True))
    page.keyboard.press("Enter")
    page.wait_for_url(AT_JOB)


def test_what_was_chosen_is_there_again_and_another_tolerance_is_one_step_away(visit, served):
    page = visit().go()
    give(page, "ratio.csv", csv(X, Y))
    page.get_by_label("Tolerance", exact=True).fill("0.05")
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Between the samples").select_option("linear")
    first = fit(page)
    page.goto(f"{served.url}/#/?job={first}")
    number = page.get_by_label("Tolerance", exact=True)
    expect(number).to_have_value("0.05")
    assert "@ratio.csv" in shown(page, "curl")
    number.fill("0.04")
    second = question(served, fit(page))
    assert second["target"] | {"tolerance": 0.05} == question(served, first)["target"]

    # Somebody else, who has only the job.
    other = visit().go(f"/?job={first}")
    expect(other.get_by_label("Tolerance", exact=True)).to_have_value("0.05")
    expect(other.get_by_text("11 samples.")).to_be_visible()
    assert question(served, fit(other)) == question(served, first)


def test_a_lost_connection_keeps_everything_and_makes_no_second_job(visit, served):
    page = visit().go()
    give(page, "lost.csv", csv(X, Y))

    # The answer is lost, not the question.
    def lose(route):
        route.fetch()
        route.abort()

    page.route("**/v1/jobs?*", lose)
    page.get_by_role("button", name="Fit", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("no job is made twice")
    page.unroute("**/v1/jobs?*")
    fit(page)
    names = [job["name"] for job in served.request("/v1/jobs?limit=100")["data"]]
    assert names.count("lost") == 1


@pytest.mark.parametrize(
    ("status", "headers", "todo"),
    [(429, {"Retry-After": "7"}, "Press Fit again in 7 s"), (507, {}, "Make room first")],
)
def test_a_service_that_has_no_room_says_what_to_do(visit, status, headers, todo):
    page = visit().go()
    pick(page, "Activation SiLU")
    problem = {
        "status": status,
        "title": "Full",
        "detail": "there is no room",
        "type": "about:blank",
    }
    page.route(
        "**/v1/jobs?*", lambda route: route.fulfill(status=status, headers=headers, json=problem)
    )
    page.get_by_role("button", name="Fit", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("there is no room")
    expect(page.get_by_role("alert")).to_contain_text(todo)
    expect(page.get_by_role("button", name="Fit", exact=True)).to_be_enabled()


def test_with_a_key_the_calls_name_its_variable_and_never_the_key(visit):
    page = visit().go()
    pick(page, "Density of air")
    page.get_by_role("button", name="API key").click()
    page.get_by_label("Key", exact=True).fill("fl_secret")
    page.get_by_role("button", name="Use this key").click()
    assert '-H "Authorization: Bearer $FOLDLINE_API_KEY"' in shown(page, "curl")
    assert "FOLDLINE_API_KEY" in shown(page, "Python")
    assert "fl_secret" not in page.content()


def test_a_hundred_thousand_samples_are_drawn_with_their_corridor(visit):
    page = visit().go()
    x = np.linspace(0, 1, 100_000)
    give(page, "long.npy", npy(np.array([x, np.sin(9 * x)])))
    expect(page.get_by_text("100,000 samples.")).to_be_visible()
    page.get_by_label("Tolerance", exact=True).fill("0.1")
    await_width(page, 0.2 * np.ptp(np.sin(9 * x)))
