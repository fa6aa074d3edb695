"""A service that wants keys: the page asks for one, and keeps it to itself."""

import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.served import ENVIRONMENT, Served


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("keys")


def keys(data_dir, *words):
    """What ``foldline keys ...`` prints."""
    ran = subprocess.run(
        [sys.executable, "-m", "cli.main", "keys", *words, "--data-dir", str(data_dir)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


@pytest.fixture(scope="module")
def guarded(data_dir):
    """A service that answers only to keys, and ``key(scope)``, which makes one."""
    started = Served(data_dir, environment={"FOLDLINE_REQUIRE_KEYS": "true"})
    yield started, lambda scope: keys(data_dir, "create", "--scope", scope)
    assert started.stop() == 0


def unlock(page, key):
    """Give a key to the dialog that asks for one."""
    dialog = page.get_by_role("dialog", name="API key")
    dialog.get_by_label("Key").fill(key)
    page.keyboard.press("Enter")


def kept(page, storage):
    return page.evaluate(f"JSON.stringify({storage})")


def test_a_key_is_asked_for_used_and_told_to_nobody(visit, guarded):
    served, make = guarded
    key = make("admin")
    visitor = visit(served.url)
    page = visitor.page
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{served.url}/#/models")
    dialog = page.get_by_role("dialog", name="API key")
    expect(dialog).to_contain_text("answers only to those who have a key")
    visitor.look("key")
    unlock(page, "fl_wrong")
    expect(dialog).to_contain_text("there is no such key")
    unlock(page, key)
    expect(page.get_by_text("No models yet")).to_be_visible()
    expect(dialog).to_be_hidden()

    assert key in kept(page, "sessionStorage")
    assert key not in kept(page, "localStorage")
    assert page.context.cookies() == []
    assert not [url for url in [*asked, page.url] if key in url]
    # It stays while the tab does, and is in no other.
    page.reload()
    expect(page.get_by_text("No models yet")).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{served.url}/#/models")
    expect(other.get_by_role("dialog", name="API key")).to_be_visible()

    page.get_by_role("button", name="API key").click()
    dialog.get_by_role("button", name="Forget it").click()
    expect(dialog).to_contain_text("answers only to those who have a key")
    assert key not in kept(page, "sessionStorage")


def test_who_gives_no_key_is_told_so_and_can_try_again(visit, guarded):
    served, make = guarded
    page = visit(served.url).page
    page.goto(f"{served.url}/#/jobs")
    expect(page.get_by_role("dialog", name="API key")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("alert")).to_contain_text("a key is needed")
    page.get_by_role("button", name="Try again").click()
    unlock(page, make("read"))
    expect(page.get_by_text("No jobs yet")).to_be_visible()


def test_a_browser_that_keeps_nothing_has_the_key_as_long_as_the_page_is_open(visit, guarded):
    served, make = guarded
    page = visit(served.url).page
    page.add_init_script(
        """Object.defineProperty(window, "sessionStorage", {
            get() { throw new DOMException("kept nowhere", "SecurityError"); },
        });"""
    )
    page.goto(f"{served.url}/#/jobs")
    dialog = page.get_by_role("dialog", name="API key")
    unlock(page, "fl_“pasted”")
    # It could not be sent: the dialog says so, and stays.
    expect(dialog.locator("input:invalid")).to_have_count(1)
    unlock(page, make("read"))
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    expect(page.locator("tbody tr, .empty").first).to_be_visible()
    page.get_by_role("link", name="Models", exact=True).click()
    expect(page.locator("tbody tr, .empty").first).to_be_visible()
    expect(dialog).to_be_hidden()


def test_a_key_that_may_only_ask_is_told_why_it_may_not_delete(visit, guarded):
    served, make = guarded
    page = visit(served.url).page
    page.goto(f"{served.url}/#/batches?new=true")
    unlock(page, make("submit"))
    page.get_by_role("button", name="3 functions").click()
    page.get_by_role("tab", name="curl").click()
    expect(page.get_by_label("curl call", exact=True)).to_contain_text("$FOLDLINE_API_KEY")
    page.get_by_role("button", name="Send the batch").click()
    expect(page.get_by_text("All 3 have ended")).to_be_visible()
    page.get_by_role("link", name="Models", exact=True).click()
    page.get_by_role("button", name="Delete").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete the model").click()
    expect(page.get_by_role("alert")).to_contain_text("a key of scope admin; this one's is submit")
    expect(page.locator("tbody tr")).to_have_count(3)


def test_a_key_that_is_revoked_meanwhile_is_asked_for_again(visit, guarded, data_dir):
    served, make = guarded
    page = visit(served.url).page
    page.goto(f"{served.url}/#/jobs")
    unlock(page, make("read"))
    expect(page.get_by_role("search")).to_be_visible()
    for line in keys(data_dir, "list").splitlines():
        keys(data_dir, "revoke", line.split()[0])
    dialog = page.get_by_role("dialog", name="API key")
    expect(dialog).to_contain_text("This key is not taken")
    unlock(page, make("read"))
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="Models", exact=True).click()
    expect(page.get_by_role("heading", name="Models")).to_be_visible()
    expect(page.locator("tbody tr, .empty").first).to_be_visible()
