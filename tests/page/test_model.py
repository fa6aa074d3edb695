"""A model on the page: what is certified, how it folds, and how it compares."""

import itertools
import re

import numpy as np
from playwright.sync_api import expect

from tests.page.conftest import SILU, copied


def test_the_certificate_is_in_words_that_hold(visit, tower):
    visitor = visit(permissions=["clipboard-read", "clipboard-write"])
    page = visitor.go(f"/models/{tower['id']}")
    expect(page).to_have_title("SiLU · Foldline")
    certificate = page.get_by_role("region", name="Certificate")
    expect(certificate).to_contain_text("The target is met.")
    said = certificate.locator("blockquote").inner_text()
    at_samples = re.search(r"At each of the 400 samples the network is within (\S+) of", said)[1]
    between = re.search(r"nowhere further than (\S+) from the straight lines", said)[1]
    found = tower["certificate"]
    for text, figure in (
        (at_samples, found["max_abs_error"]),
        (between, found["max_abs_error_between_samples"]),
    ):
        assert figure <= float(text) <= figure * 1.001
    expect(certificate).to_contain_text(tower["explanation"])
    certificate.get_by_text("All figures").click()
    expect(certificate.get_by_text(str(found["max_abs_error"]), exact=True)).to_be_visible()

    certificate.get_by_role("button", name="Copy these words").click()
    assert tower["id"] in copied(page, at_samples)
    page.get_by_role("button", name="Copy link").click()
    assert copied(page, page.url) == page.url


def test_the_plots_zoom_together_and_mark_the_largest_error(visit, tower):
    page = visit().go(f"/models/{tower['id']}")
    plots = page.get_by_role("region", name="The network").get_by_role("group")
    expect(plots).to_have_count(2)
    expect(page.get_by_text("largest of all")).to_be_visible()
    plots.nth(0).scroll_into_view_if_needed()
    box = plots.nth(0).bounding_box()
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.5, height)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, height, steps=5)
    page.mouse.up()
    seen = []
    for plot in (plots.nth(0), plots.nth(1)):
        plot.focus()
        plot.press("ArrowRight")
        values = page.locator(".plot-values").nth(len(seen))
        expect(values).to_contain_text("x =")
        seen.append(float(re.search(r"x = (\S+)", values.inner_text())[1]))
    # Both are where the first was dragged to, in its right half.
    assert all(0 < x < 3 for x in seen)
    plots.nth(1).press("0")
    page.mouse.move(box["x"] + box["width"] * 0.2, height)
    for values in page.locator(".plot-values").all()[:2]:
        expect(values).to_contain_text(re.compile("x = -[23]"))


def test_marks_on_the_edge_of_a_plot_are_whole(visit, tower):
    page = visit().go(f"/models/{tower['id']}")
    surface = page.get_by_role("group", name="Samples and network")
    expect(surface).to_be_visible()
    for strip in ("left", "right"):
        # Of the axis nothing has a colour.
        page.wait_for_function(
            """([surface, strip]) => {
                const canvas = surface.querySelector("canvas");
                const all = canvas.getBoundingClientRect();
                const inner = surface.querySelector(".u-over").getBoundingClientRect();
                const x = (strip === "left" ? inner.left - 4 : inner.right + 2) - all.left;
                const { data } = canvas.getContext("2d").getImageData(x, 0, 2, canvas.height);
                let found = 0;
                for (let i = 0; i < data.length; i += 4) {
                    const rgb = [...data.slice(i, i + 3)];
                    if (Math.max(...rgb) - Math.min(...rgb) > 90) found += 1;
                }
                return found > 0;
            }""",
            arg=[surface.element_handle(), strip],
        )


def test_a_model_is_looked_at_taken_along_and_deleted_by_keys_alone(visit, fitted):
    model = fitted(SILU, {"tolerance": 0.4}, name="keys", architecture="shallow")
    page = visit().go(f"/models/{model['id']}")
    keys = page.keyboard
    expect(page.get_by_role("heading", name="keys")).to_be_focused()

    def tab_to(target):
        for _ in range(60):
            if target.evaluate("element => element === document.activeElement"):
                return
            keys.press("Tab")
        raise AssertionError(f"no way to {target}")

    plot = page.get_by_role("group", name="Samples and network")
    values = page.locator(".plot-values").first
    tab_to(plot)
    steps = {}
    for zoom in ("0", "+", "-"):
        keys.press(zoom)
        seen = []
        for _ in range(2):
            keys.press("ArrowRight")
            seen.append(float(re.search(r"x = (\S+)", values.inner_text())[1]))
        steps[zoom] = seen[1] - seen[0]
    assert steps["+"] < steps["0"]
    assert steps["-"] > steps["+"]
    before = values.inner_text()
    keys.press("+")
    keys.press("Shift+ArrowRight")
    keys.press("ArrowRight")
    expect(values).not_to_have_text(before)

    region = page.get_by_role("region", name="Take it along")
    tabs = region.get_by_role("tablist", name="Forms of the network").get_by_role("tab")
    tab_to(tabs.first)
    for _ in range(2):
        keys.press("ArrowRight")
    expect(tabs.nth(2)).to_be_focused()
    expect(tabs.nth(2)).to_have_attribute("aria-selected", "true")
    keys.press("ArrowLeft")
    keys.press("ArrowLeft")
    keys.press("ArrowLeft")
    expect(tabs.last).to_be_focused()
    download = region.get_by_role("button", name="Download keys.json")
    tab_to(download)
    with page.expect_download() as saved:
        keys.press("Enter")
    assert saved.value.suggested_filename == "keys.json"
    expect(download).to_be_focused()

    delete = page.get_by_role("button", name="Delete", exact=True)
    while not delete.evaluate("element => element === document.activeElement"):
        keys.press("Shift+Tab")
    for keep in ("Escape", "Enter"):
        keys.press("Enter")
        expect(page.get_by_role("button", name="Keep it")).to_be_focused()
        keys.press(keep)
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(delete).to_be_focused()
    keys.press("Enter")
    keys.press("Tab")
    expect(page.get_by_role("button", name="Delete the model")).to_be_focused()
    keys.press("Enter")
    expect(page).to_have_url(re.compile("#/models$"))


def test_what_the_layers_add_makes_the_network(visit, served, tower, fitted):
    compelled = fitted(
        {"x": [i / 99 for i in range(100)], "y": [(i / 99) ** 3 for i in range(100)]},
        {"tolerance": 1e-2},
        architecture="compelled",
        effort="quick",
    )
    visitor = visit()
    for model in (tower, compelled):
        page = visitor.go(f"/models/{model['id']}")
        slider = page.get_by_role("slider", name="Breakpoints of the first layers")
        hidden = len(model["architecture"]["layer_widths"]) - 2
        expect(slider).to_have_attribute("max", str(hidden))
        slider.press("End")
        expect(page.get_by_text(f"{hidden} of {hidden}")).to_contain_text("the network itself")
        network = served.request(f"/v1/models/{model['id']}/network")
        grid = np.linspace(model["samples"]["x_min"], model["samples"]["x_max"], 1001)
        folds = page.evaluate(
            """async ([network, start, end, grid]) => {
                const page = new URL("page/", document.baseURI.split("#")[0]);
                const names = ["network.js", "views/model/folds.js", "plots/columns.js"];
                const [{ layersOf }, { foldsOf }, { along }] =
                    await Promise.all(names.map((name) => import(new URL(name, page))));
                return foldsOf(layersOf(network), start, end).map(({ x, y, added }) =>
                    ({ added: Array.from(along(x, added ?? y, grid)), x: Array.from(x) }));
            }""",
            [network, grid[0], grid[-1], grid.tolist()],
        )
        values = _evaluated(network, grid)
        np.testing.assert_allclose(
            sum(np.array(fold["added"]) for fold in folds), values, atol=1e-9
        )
        for earlier, later in itertools.pairwise(folds):
            assert set(earlier["x"]) <= set(later["x"])
        sizes = [max(map(abs, fold["added"])) for fold in folds[1:]]
        assert sizes == sorted(sizes, reverse=True)


def _evaluated(network, x):
    hidden = x[None]
    *inner, last = network["layers"]
    for layer in inner:
        hidden = np.maximum(
            np.array(layer["weight"]) @ hidden + np.array(layer["bias"])[:, None], 0
        )
    return (np.array(last["weight"]) @ hidden + last["bias"])[0]


def test_a_value_is_computed_and_its_place_is_said(visit, tower):
    page = visit().go(f"/models/{tower['id']}")
    region = page.get_by_role("region", name="Evaluate")
    region.get_by_label("x =").fill("1,5")
    region.get_by_role("button", name="Evaluate").click()
    expect(region).to_contain_text("y = 1.226")
    region.get_by_label("x =").fill("9")
    region.get_by_label("x =").press("Enter")
    expect(region).to_contain_text("nothing is certified there")
    region.get_by_label("x =").fill("nine")
    region.get_by_label("x =").press("Enter")
    expect(region).to_contain_text("Give a number.")


def test_places_far_from_zero_are_among_the_samples(visit, fitted):
    begin = 1_700_000_000
    samples = {"x": [begin, begin + 60, begin + 3600], "y": [0, 2, 3]}
    model = fitted(samples, {"tolerance": 0.1}, architecture="shallow")
    page = visit().go(f"/models/{model['id']}")
    assert begin < float(page.get_by_label("x =").input_value()) < begin + 3600
    expect(page.get_by_text("x from 1,700,000,000 to 1,700,003,600")).to_be_visible()


def test_a_tower_and_a_shallow_network_look_as_they_should(visit, tower, fitted):
    visitor = visit()
    page = visitor.go(f"/models/{tower['id']}")
    expect(page.get_by_text("Layer 3")).to_be_visible()
    shallow = next(c for c in tower["contenders"] if c["name"] == "shallow")
    sizes = page.get_by_role("region", name="Against the alternatives")
    expect(sizes).to_contain_text("fewer parameters")
    expect(sizes.get_by_role("row", name="Smallest shallow network found")).to_contain_text(
        str(shallow["parameters"])
    )
    expect(sizes.get_by_role("row", name="Fewest-segment table")).to_contain_text(
        str(tower["minimal_segments"])
    )
    width = 8 if tower["architecture"]["dtype"] == "float64" else 4
    points = {
        "Its breakpoint table": tower["segments"] + 1,
        "Fewest-segment table": tower["minimal_segments"] + 1,
    }
    numbers = {
        "This network": tower["architecture"]["parameters"],
        "Smallest shallow network found": shallow["parameters"],
        **{name: 2 * each for name, each in points.items()},
    }
    for name, stored in numbers.items():
        cells = sizes.get_by_role("row", name=name).get_by_role("cell")
        expect(cells.first).to_have_text(f"{stored:,}")
        expect(cells.last).to_have_text(f"{stored * width:,}")
    visitor.look("model-tower")

    short = fitted(SILU, {"tolerance": 0.02}, architecture="shallow")
    page = visitor.go(f"/models/{short['id']}")
    expect(page.get_by_text("change of slope", exact=True)).to_be_visible()
    expect(page.get_by_text("Only shallow networks were tried.")).to_be_visible()
    visitor.look("model-shallow")


def test_a_shallow_network_of_one_neuron_is_said_in_the_singular(visit, fitted):
    x = [0, 1, 2, 3, 4]
    for y, said in (
        ([0, 1, 2, 3, 4], "This one is a straight line: its one neuron does not fold it"),
        ([0, 0, 0, 1, 2], "its one neuron folds the line once. By how much"),
    ):
        model = fitted({"x": x, "y": y}, {"tolerance": 1e-3}, architecture="shallow")
        assert model["architecture"]["neurons"] == 1
        page = visit().go(f"/models/{model['id']}")
        expect(page.get_by_role("region", name="How it folds")).to_contain_text(said)


def test_many_samples_and_segments_are_drawn(visit, fitted):
    count = 100_000
    x = np.arange(count) / count
    y = np.sin(40 * x) + 0.3 * np.sin(900 * x)
    wide = fitted(
        {"x": x.tolist(), "y": y.tolist()},
        {"tolerance": 1e-4, "between_samples": "none"},
        name="waves",
        architecture="shallow",
    )
    assert wide["segments"] > 2000
    page = visit().go(f"/models/{wide['id']}")
    plot = page.get_by_role("region", name="The network").get_by_role("group").nth(0)
    plot.focus()
    for _ in range(5):
        plot.press("+")
    plot.press("ArrowRight")
    expect(page.locator(".plot-values").nth(0)).to_contain_text("network")


def test_another_tolerance_begins_with_the_same_samples(visit, tower):
    page = visit().go(f"/models/{tower['id']}")
    page.get_by_role("link", name="Try another tolerance").click()
    expect(page.get_by_text("400 samples", exact=False).first).to_be_visible()
    expect(page.get_by_label("Tolerance", exact=True)).to_have_value("0.0001")
    expect(page.get_by_label("Unit")).to_have_value("range")
    expect(page.get_by_label("Name", exact=True)).to_have_value("SiLU")


def test_a_model_is_deleted_when_that_is_confirmed(visit, fitted):
    model = fitted(SILU, {"tolerance": 0.5}, architecture="shallow")
    page = visit().go(f"/models/{model['id']}")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete the model").click()
    expect(page).to_have_url(re.compile("#/models$"))
    page.goto(f"{page.url}/{model['id']}")
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()


def test_every_kind_of_target_has_its_words(visit, fitted):
    x = [i / 20 for i in range(21)]
    samples = {"x": x, "y": [value**2 for value in x]}
    for target, sentence in (
        (
            {"tolerance": [0.02] * 20 + [0.001]},
            r"within that sample's own tolerance; .* takes (\S+) % of",
        ),
        (
            {"metric": "max_rel", "tolerance": 0.1, "floor": 0.05},
            r"within (\S+) % of max\(\|y\|, 0.05\)",
        ),
        (
            {"metric": "rmse", "tolerance": 0.01},
            r"the root mean square error is (\S+) \(allowed: 0.01\)",
        ),
        (
            {"metric": "mse", "tolerance": 1e-4},
            r"the mean square error is (\S+) \(allowed: 0.0001\)",
        ),
    ):
        model = fitted(samples, target, architecture="shallow")
        page = visit().go(f"/models/{model['id']}")
        said = page.get_by_role("region", name="Certificate").locator("blockquote").inner_text()
        found = model["certificate"]
        figures = {
            "max_abs": 100 * (found["max_tolerance_share"] or 0),
            "max_rel": 100 * found["max_rel_error"],
            "rmse": found["rmse"],
            "mse": found["rmse"] ** 2,
        }
        figure = figures[target.get("metric", "max_abs")]
        assert figure <= float(re.search(sentence, said)[1]) <= figure * 1.001


def test_a_target_that_is_not_met_is_said_plainly(visit, fitted):
    model = fitted(SILU, {"tolerance": 1e-6}, max_parameters=10)
    assert not model["met"]
    page = visit().go(f"/models/{model['id']}")
    expect(page.get_by_text("The target is not met.")).to_be_visible()
    expect(page.get_by_text("target not met", exact=True)).to_be_visible()
