"""The page in a real Chromium, against the real service and worker."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from benchmarks._browser import MISSING, QUIET, chromium
from tests.engines.held import HELD, holding
from tests.served import ROOT, Served
from tests.waiting import HANGS_AFTER_S, until

SCREENSHOTS = ROOT / "build/screenshots"
CURVES = ROOT / "examples/curves"
AXE = Path(__file__).parent / "axe-core/axe.min.js"
X = [-4 + 8 * i / 399 for i in range(400)]
# x / (1 + exp(-x)), which bends both ways.
SILU = {"x": X, "y": [x / (1 + math.exp(-x)) for x in X]}
# Takes as long as anybody watches.
ENDLESS = {
    "target": {"tolerance": 1e-7},
    "options": {"effort": "quick", "architecture": "compelled", "seed": HELD[-1]},
}
THEMES = ("light", "dark")
# From a telephone to the largest screens.
WIDTHS = {"phone": (360, 740), "desk": (1280, 900), "4k": (3840, 2160)}

# Of everything that is waited for here: only what hangs takes so long.
HANGS_AFTER_MS = HANGS_AFTER_S * 1000
expect.set_options(timeout=HANGS_AFTER_MS)


@pytest.fixture(scope="module")
def browser():
    # For one file of tests at a time: while it is open this thread has a running event loop.
    path = chromium()
    if path is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=QUIET, timeout=HANGS_AFTER_MS
        )
        yield started
        started.close()


@pytest.fixture(scope="package")
def gates(tmp_path_factory):
    """Where the files are that let questions go on which are held in training."""
    return tmp_path_factory.mktemp("gates")


@pytest.fixture(scope="package")
def served(tmp_path_factory, gates):
    """Everything, as users start it, but that some questions are held."""
    started = Served(tmp_path_factory.mktemp("page"), **holding(gates))
    yield started
    assert started.stop() == 0


def await_frames(page):
    """Wait until the next pictures of the screen: plots follow what changes a frame later."""
    page.evaluate(
        "() => new Promise((done) => "
        "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
    )


def await_fitting(page):
    """Wait until the page is no wider than the screen, which it is once its plots have followed."""
    await_frames(page)
    page.wait_for_function(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def copied(page, said):
    """What the clipboard has, once this is in it."""
    read = "navigator.clipboard.readText()"
    return until(lambda: said in (text := page.evaluate(read)) and text)


@dataclass
class Visitor:
    """Somebody who looks at the page.

    Attributes:
        page: what they see.
        url: of the service.
        said: what the browser's console complained of.
    """

    page: object
    url: str
    said: list

    def go(self, address="/"):
        """Open a view by what stands behind the #, and wait until it is there."""
        self.page.goto(f"{self.url}/#{address}")
        expect(self.page.locator("main h1")).to_be_visible()
        return self.page

    def await_loaded(self):
        """Wait until nothing of the view is being loaded, and what is drawn is drawn."""
        # What is behind a dialog may wait for what is said there.
        if not self.page.get_by_role("dialog").count():
            expect(self.page.locator("main h1")).to_be_visible()
            expect(self.page.locator(".busy, [aria-busy=true]")).to_have_count(0)
        await_frames(self.page)

    def picture(self, name):
        """Keep a screenshot of the whole page."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    def check_access(self):
        """Let axe look for what keeps people out, in both themes."""
        self.await_loaded()
        for theme in THEMES:
            self.page.emulate_media(color_scheme=theme)
            if not self.page.evaluate("'axe' in window"):
                # As a debugger would, past the policy of the page.
                self.page.evaluate(AXE.read_text() + ";0")
            found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            told = [
                f"{theme}: {each['id']}: {each['help']}: "
                + "; ".join(node["html"][:150] for node in each["nodes"][:5])
                for each in found["violations"]
            ]
            assert not told, "\n".join(told)

    def look(self, name):
        """Look at a view as it is: for everybody, in both themes, at every width."""
        self.check_access()
        for width, (x, y) in WIDTHS.items():
            self.page.set_viewport_size({"width": x, "height": y})
            await_fitting(self.page)
            # As an image the largest screen costs seconds, and shows no more than a desk.
            for theme in THEMES if width != "4k" else ():
                self.page.emulate_media(color_scheme=theme)
                self.picture(f"{name}-{width}-{theme}")
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": 1280, "height": 900})


@pytest.fixture
def visit(browser, served):
    """``visit()``: somebody new at the page, whose browser must have nothing to complain of."""
    visitors = []

    def new(url=None, *, complains=False, **context):
        opened = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "accept_downloads": True, **context}
        )
        opened.set_default_timeout(HANGS_AFTER_MS)
        page = opened.new_page()
        said = []
        page.on("console", lambda message: message.type == "error" and said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        visitors.append((opened, said, complains))
        return Visitor(page, url or served.url, said)

    yield new
    for opened, said, complains in visitors:
        opened.close()
        # A status of the API that is an error is told to the user; the console repeats it.
        unexpected = [text for text in said if not re.search(r"Failed to load resource", text)]
        assert complains or not unexpected, unexpected


@pytest.fixture(scope="package")
def fitted(served):
    """``fitted(...)``: the document of the model that answers a question."""

    def new(samples, target, name="SiLU", labels=None, **options):
        question = {"samples": samples, "target": target, "options": options, "name": name}
        question["metadata"] = labels or {}
        job = served.request("/v1/jobs", question)
        job = until(lambda: (now := served.request(f"/v1/jobs/{job['id']}"))["finished_at"] and now)
        return served.request(f"/v1/models/{job['model_id']}")

    return new


@pytest.fixture(scope="package")
def tower(fitted):
    """The document of a model whose network is a tower."""
    model = fitted(SILU, {"tolerance": 1e-4, "relative_to": "range"})
    assert model["architecture"]["name"] == "tower"
    return model


def curve(name):
    """The bytes of a curve that comes with Foldline."""
    return (CURVES / f"{name}.csv").read_bytes()
