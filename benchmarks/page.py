"""The page in a real Chromium: what it weighs, when it is there, and frames with 100,000 samples.

Needs a Chromium on the path, or named by FOLDLINE_CHROMIUM. Half a minute; ``--quick`` less.

    python benchmarks/page.py --write benchmarks/results/page.md
    python benchmarks/page.py --quick

A browser without a screen paints with the processor, which takes most of each frame here; script is
what the page itself takes of it.
"""

import argparse
import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks._browser import MISSING, QUIET, chromium
from benchmarks._report import document, header, progress, run, section, table
from benchmarks._serving import HERE, serving
from worker.numerics.devices import cores

SAMPLES, FEW_SAMPLES = 100_000, 5_000
STEPS, FEW_STEPS = 40, 5
FIT_S = 120
# Each step of a gesture, and what it takes: until the script is done, and until the next frame.
GESTURES = """async ([act, steps]) => {
  const acts = {
    zoom: (i) => key(i % 2 ? "-" : "+"),
    pan: (i) => key(i % 4 < 2 ? "ArrowRight" : "ArrowLeft", true),
    slide: (i) => {
      const slider = document.querySelector("input[type=range]");
      slider.value = Number(slider.value) + (i % 2 ? -1 : 1);
      slider.dispatchEvent(new Event("input", {bubbles: true}));
    },
  };
  const surface = document.querySelector(".plot-surface");
  const key = (name, shiftKey = false) =>
    surface.dispatchEvent(new KeyboardEvent("keydown", {key: name, shiftKey, bubbles: true}));
  const frame = () => new Promise(requestAnimationFrame);
  if (act === "pan") { key("+"); key("+"); }
  const taken = [];
  await frame();
  for (let i = 0; i < steps; i += 1) {
    const began = performance.now();
    acts[act](i);
    await null;
    const script = performance.now() - began;
    await frame();
    await frame();
    taken.push([script, (performance.now() - began) / 2]);
  }
  return taken;
}"""

Row = tuple[str, ...]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few samples and steps")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where the data is kept")
    run(report, parser)


def report(options: argparse.Namespace) -> str:
    """All tables with their header, as Markdown."""
    began = time.perf_counter()
    quick = options.quick
    if (path := chromium()) is None:
        raise SystemExit(MISSING)
    samples, steps = (FEW_SAMPLES, FEW_STEPS) if quick else (SAMPLES, STEPS)
    with serving(options.data_dir, worker_processes=cores()) as served, sync_playwright() as tool:
        url = f"http://{HERE}:{served.port}"
        browser = tool.chromium.launch(executable_path=path, args=QUIET)
        parts = [
            loading(browser.new_page(), url),
            frames(browser.new_page(), url, samples, steps),
        ]
        browser.close()
    text = "Service, worker and browser on this machine; the browser paints with the processor."
    return document([header("The page", text, time.perf_counter() - began, quick=quick), *parts])


def loading(page: Page, url: str) -> str:
    """What comes over the wire until the first view is there, and how long that takes."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    seconds = _seconds(lambda: _open(page, f"{url}/", "Fit a network to a curve"))
    page.wait_for_load_state("networkidle")
    rows = [(f"{len(sizes)}", f"{sum(sizes) / 1000:.0f}", f"{seconds * 1000:.0f}")]
    return section(
        "First view",
        "With an empty cache, compressed as it is sent. The goal is 300 kB for the whole page.\n\n"
        + table(("files", "kB", "there after, ms"), rows),
    )


def frames(page: Page, url: str, samples: int, steps: int) -> str:
    """What a step of each gesture takes, on the start and with a model."""
    body = _curve(samples)
    _open(page, f"{url}/", "Fit a network to a curve")
    files = [{"name": "noisy.csv", "mimeType": "text/csv", "buffer": body}]

    def choose() -> None:
        page.locator("input[type=file]").first.set_input_files(files)  # type: ignore[arg-type]
        page.get_by_role("heading", name="noisy.csv").wait_for(timeout=FIT_S * 1000)

    read_s = _seconds(choose)
    rows = [_row(page, f"start: {act}", act, steps) for act in ("zoom", "pan", "slide")]
    model = _fitted(url, body)
    open_s = _seconds(lambda: _open(page, f"{url}/#/models/{model}", "noisy"))
    page.locator(".plot-surface").first.wait_for()
    rows += [_row(page, f"model, both plots: {act}", act, steps) for act in ("zoom", "pan")]
    columns = ("", "script, ms", "frame, ms", "slowest of ten, ms")
    return section(
        f"{samples:,} samples",
        f"Noise on a sine, as CSV of {len(body) / 1e6:.1f} MB: drawn {read_s:.1f} s after it was "
        f"chosen; its model is there after {open_s:.1f} s. Medians of {steps} steps.\n\n"
        + table(columns, rows),
    )


def _open(page: Page, address: str, title: str) -> None:
    page.goto(address)
    page.get_by_role("heading", name=title, level=1).wait_for(timeout=FIT_S * 1000)


def _row(page: Page, name: str, act: str, steps: int) -> Row:
    script, frame = np.array(page.evaluate(GESTURES, [act, steps])).T
    progress(f"{name}: {np.median(frame):.0f} ms a frame")
    figures = (np.median(script), np.median(frame), np.percentile(frame, 90))
    return (name, *(f"{value:.0f}" for value in figures))


def _curve(count: int) -> bytes:
    x = np.linspace(0.0, 1.0, count)
    y = np.sin(20.0 * x) + 0.02 * np.random.default_rng(0).standard_normal(count)
    return "\n".join(f"{a!r},{b!r}" for a, b in zip(x.tolist(), y.tolist(), strict=True)).encode()


def _fitted(url: str, body: bytes) -> str:
    """The id of a model of a curve, whatever it is like."""
    asked = urllib.request.Request(f"{url}/v1/jobs?tolerance=0.1&name=noisy&time_limit=5", body)
    asked.add_header("Content-Type", "text/csv")
    asked.add_header("Prefer", "wait=60")
    with urllib.request.urlopen(asked, timeout=FIT_S) as answer:
        return str(json.load(answer)["model_id"])


def _seconds(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
