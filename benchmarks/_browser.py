"""The Chromium of this machine, as the benchmark and the tests of the page start it."""

import os
import shutil

# The first one is Chromium without windows, and takes about two thirds of its processor time.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
MISSING = f"no Chromium ({', '.join(NAMES)}); FOLDLINE_CHROMIUM may name one"
# Chromium's own errands: this is no one's browser.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """The path of a Chromium; None if none is found, and FOLDLINE_CHROMIUM names none."""
    named = os.environ.get("FOLDLINE_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)
