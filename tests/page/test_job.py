"""A job on the page: followed while it runs, and as it ended."""

import re

import pytest
from playwright.sync_api import expect

from tests.engines.held import HELD, holding
from tests.page.conftest import ENDLESS, SILU, copied
from tests.served import Served, steady_port

SEEDS = iter(HELD)


@pytest.fixture
def seeds(served):
    """The seed of each job that is held in training."""
    found = {}
    yield found
    for job_id in found:
        served.request(f"/v1/jobs/{job_id}/cancel", {})


@pytest.fixture
def submitted(served, seeds):
    """``submitted(...)``: the id of a job that stays in training until it is let go."""

    def new(tolerance=1e-3):
        seed = next(SEEDS)
        document = {
            "samples": SILU,
            "target": {"tolerance": tolerance},
            "options": {"effort": "quick", "minimise": "neurons", "seed": seed},
            "name": "SiLU",
        }
        job_id = served.request("/v1/jobs", document)["id"]
        seeds[job_id] = seed
        return job_id

    return new


def test_a_running_job_shows_how_far_it_is_and_the_network_so_far(visit, submitted):
    visitor = visit()
    page = visitor.go(f"/jobs/{submitted()}")
    expect(page.get_by_role("heading", name="SiLU")).to_be_visible()
    expect(page.get_by_text("Phase 2: training every weight")).to_be_visible()
    expect(page.get_by_text(re.compile("Best largest error"))).to_be_visible()
    drawn = page.get_by_role("region", name="The network so far")
    expect(drawn.get_by_text("network in training", exact=True)).to_be_visible()
    iterations = page.locator("dt", has_text="Iterations").locator("+ dd")
    first = iterations.inner_text()
    expect(iterations).not_to_have_text(first)
    left = page.locator("dt", has_text="Left, about").locator("+ dd")
    expect(left).to_have_text(re.compile(r"^\d[\d.]* (s|min \d+ s)$"))
    visitor.look("job-running")

    page.reload()
    expect(page.get_by_text("Phase 2: training every weight")).to_be_visible()
    expect(iterations).not_to_have_text("0")

    page.get_by_role("button", name="Cancel this job").click()
    expect(page.get_by_text("This job was cancelled")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Cancel this job")).to_be_visible()
    page.get_by_role("button", name="Cancel this job").click()
    expect(page.get_by_text("This job was cancelled")).to_be_visible()


def test_the_error_so_far_is_drawn_over_decades_with_what_is_allowed(visit, submitted):
    visitor = visit()
    # A canvas keeps no words: those that are put on it are noted.
    visitor.page.add_init_script(
        """window.written = [];
        const write = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
            window.written.push([this.canvas, text]);
            return write.call(this, text, ...place);
        };"""
    )
    page = visitor.go(f"/jobs/{submitted(tolerance=1.05e-3)}")
    picture = page.get_by_role("img", name="The largest error over the iterations")
    expect(picture).to_be_visible()
    legend = page.get_by_role("region", name="Progress").get_by_role("listitem")
    expect(legend).to_have_text(["best so far", "allowed"])
    expect(page.locator("dt", has_text="Allowed").locator("+ dd")).to_contain_text("0.00105")
    # The tolerance lies in between.
    page.wait_for_function(
        """([surface, words]) => {
            const told = window.written.filter(([on]) => surface.contains(on));
            return words.every((word) => told.some(([, text]) => text === word));
        }""",
        arg=[picture.element_handle(), ["iterations", "0.001", "0.01"]],
    )


def test_a_job_that_waits_says_since_when_and_how_many_are_before_it(visit, served, submitted):
    running, first, second = (submitted() for _ in range(3))
    page = visit().go(f"/jobs/{second}")
    expect(
        page.get_by_text(re.compile("Waiting for a worker since .*: 1 job before"))
    ).to_be_visible()
    served.request(f"/v1/jobs/{first}/cancel", {})
    expect(page.get_by_text(re.compile("Waiting .*: it is the next"))).to_be_visible()
    served.request(f"/v1/jobs/{running}/cancel", {})
    expect(page.get_by_text("Phase 2: training every weight")).to_be_visible()


def test_a_lost_connection_is_said_and_found_again_and_the_model_is_the_end(
    visit, submitted, seeds, gates
):
    visitor = visit(complains=True)
    visitor.go("/models")
    job = submitted()
    page = visitor.page
    broken = []
    page.route(
        "**/events",
        lambda route: route.abort() if not broken else route.continue_(),
    )
    visitor.go(f"/jobs/{job}")
    expect(page.get_by_text("Connection lost, trying again")).to_be_visible()
    broken.append(False)
    expect(page.get_by_text("Connection lost, trying again")).to_be_hidden()
    (gates / str(seeds[job])).touch()
    expect(page).to_have_url(re.compile(rf"#/models/[0-9a-f]+\?job={job}$"))
    expect(page.get_by_role("heading", name="Certificate")).to_be_visible()

    page.go_back()
    expect(page).to_have_url(re.compile("#/models$"))


def test_a_job_is_followed_on_from_where_it_was_when_the_service_comes_back(visit, tmp_path):
    port = steady_port()
    served = Served(tmp_path, "--port", port, **holding())
    cubic = {"x": [i / 20 for i in range(21)], "y": [(i / 20) ** 3 for i in range(21)]}
    job = served.request("/v1/jobs", {"samples": cubic, **ENDLESS})
    visitor = visit(served.url, complains=True)
    asked = []
    visitor.page.on(
        "request",
        lambda request: (
            request.url.endswith("/events") and asked.append(request.headers.get("last-event-id"))
        ),
    )
    page = visitor.go(f"/jobs/{job['id']}")
    expect(page.get_by_text(re.compile("^Phase"))).to_be_visible()
    assert asked == [None]
    assert served.stop() == 0
    lost = page.get_by_text("Connection lost, trying again")
    expect(lost).to_be_visible()
    again = Served(tmp_path, "--port", port, **holding())
    expect(lost).to_be_hidden()
    assert all(asked[1:])
    page.get_by_role("button", name="Cancel this job").click()
    expect(page.get_by_text("This job was cancelled")).to_be_visible()
    assert again.stop() == 0


def test_a_job_that_failed_says_why(visit, served):
    huge = {"x": [0.0, 1.0, 2.0], "y": [0.0, 1e60, 0.0]}
    question = {"samples": huge, "target": {"tolerance": 1e50}, "options": {"dtype": "float32"}}
    job = served.request("/v1/jobs", question)
    visitor = visit()
    page = visitor.go(f"/jobs/{job['id']}")
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("Invalid input")
    expect(page.get_by_text("failed", exact=True)).to_be_visible()
    expect(problem).to_contain_text("options.dtype")
    visitor.look("job-failed")

    page.get_by_role("link", name="Change the question").click()
    expect(page.get_by_label("Tolerance", exact=True)).to_have_value("1e+50")
    page.go_back()
    page.get_by_role("button", name="Try again").click()
    expect(page).not_to_have_url(re.compile(job["id"]))
    expect(page.get_by_role("alert")).to_contain_text("Invalid input")


def test_a_job_or_model_that_is_not_there(visit):
    for address in ("/jobs/job_nowhere", "/models/nowhere"):
        page = visit().go(address)
        expect(page.get_by_role("heading", name="Not found")).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text("nowhere")


def test_who_asks_what_was_asked_before_finds_the_model_under_their_own_name(visit, served, fitted):
    model = fitted(SILU, {"tolerance": 0.03}, name="first of all", architecture="shallow")
    question = {
        "samples": SILU,
        "target": {"tolerance": 0.03},
        "options": {"architecture": "shallow"},
    }
    named = served.request("/v1/jobs", question | {"name": "My curve"})["id"]
    nameless = served.request("/v1/jobs", question)["id"]
    visitor = visit(permissions=["clipboard-read", "clipboard-write"])
    page = visitor.go(f"/jobs/{named}")
    expect(page).to_have_url(re.compile(rf"#/models/{model['id']}\?job={named}$"))
    expect(page.get_by_role("heading", name="My curve")).to_be_visible()
    expect(page).to_have_title("My curve · Foldline")
    expect(
        page.get_by_text("The same question was asked before, as 'first of all'.")
    ).to_be_visible()
    files = page.get_by_role("region", name="Take it along")
    expect(files.get_by_role("button", name="Download My_curve.onnx")).to_be_visible()
    expect(files.get_by_label("C function and files")).to_have_attribute(
        "placeholder", "f_my_curve"
    )
    page.get_by_role("button", name="Copy link").click()
    link = f"{visitor.url}/#/models/{model['id']}"
    assert copied(page, link) == link
    page.get_by_role("link", name="Try another tolerance").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("My curve")

    for address in (
        f"/jobs/{nameless}",
        f"/models/{model['id']}",
        f"/models/{model['id']}?job=job_nowhere",
    ):
        page = visitor.go(address)
        expect(page.get_by_role("heading", name="first of all")).to_be_visible()
        expect(page.get_by_text("was asked before")).to_have_count(0)
