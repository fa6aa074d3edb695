"""Names and labels are shown as they are: they run nothing, break no layout and no command."""

import subprocess

from playwright.sync_api import expect

from tests.page.conftest import SILU, WIDTHS, await_fitting
from tests.page.test_start import csv, give, shown

NAME = "\"><img src=x onerror=alert(1)>'; $(id) `id` \n \u202e" + 140 * "W"
# As it can be a name of ours: without characters that do something.
TITLE = NAME.replace("\n", "").replace("\u202e", "")
LABELS = {60 * "k": 300 * "v", "<b>b</b>": "</script>"}


def test_a_strange_name_is_a_name_wherever_it_is_shown(visit, fitted):
    model = fitted(SILU, {"tolerance": 0.21}, name=TITLE, labels=LABELS, architecture="shallow")
    visitor = visit()
    for address in (f"/models/{model['id']}", f"/?model={model['id']}", "/models", "/jobs"):
        page = visitor.go(address)
        expect(page.get_by_text("<img src=x onerror=alert(1)>").first).to_be_visible()
        for width, height in WIDTHS.values():
            page.set_viewport_size({"width": width, "height": height})
            await_fitting(page)
        expect(page.locator("main img, main b")).to_have_count(0)


def test_the_call_for_a_strange_file_is_safe_to_paste(visit):
    visitor = visit()
    page = visitor.go()
    name = NAME.replace("/", ":")[:120] + ".csv"
    give(page, name, csv([0, 1, 2], [0, 1, 3]))
    told = "curl() { printf '%s\\0' \"$@\"; }\n" + shown(page, "curl")
    ran = subprocess.run(["sh", "-c", told], capture_output=True, text=True, check=True)
    option, file, header, media_type, url, _ = ran.stdout.split("\0")
    assert (option, file, header, media_type) == (
        "--data-binary",
        f"@{name}",
        "-H",
        "Content-Type: text/csv",
    )
    assert url.startswith(f"{visitor.url}/v1/jobs?")
    compile(shown(page, "Python"), name, "exec")
