/** What was not fitted: where it stands in the file, and why. */

import { append, fill, h } from "../../dom.js";
import { perFrame } from "../../parts/frames.js";
import { count, counted } from "../../words.js";
import { placeName } from "./cell.js";

const SHOWN_AT_ONCE = 20;

/** A section that is there once something went wrong. */
export function failures() {
  const found = [];
  let most = SHOWN_AT_ONCE;
  const soon = perFrame(draw);
  const title = h("h2", { id: "failures-title" });
  const body = h("tbody", {});
  const more = h("button", { type: "button", onclick: () => {
    most += 5 * SHOWN_AT_ONCE;
    draw();
  } }, "Show more");
  const element = h("section.card.failures", { "aria-labelledby": "failures-title", hidden: true },
    title,
    h("div.scroller.listing", {}, h("table", {},
      h("thead", {}, h("tr", {}, ["Function", "Line", "What is wrong"].map((name) => h(name === "Line" ? "th.number" : "th", { scope: "col" }, name)))),
      body)),
    more);

  function draw() {
    element.hidden = found.length === 0;
    title.textContent = `${counted(found.length, "function")} without a network`;
    found.sort((a, b) => a.index - b.index);
    fill(body, found.slice(0, most).map(row));
    more.hidden = found.length <= most;
  }

  return {
    element,
    /** Keep a result if something went wrong with it. */
    note(result) {
      if (!result.problem) return;
      found.push(result);
      soon();
    },
  };
}

function row(result) {
  const name = placeName(result);
  const [first, ...further] = result.problem;
  return h("tr", {},
    h("th", { scope: "row", "data-label": "Function" }, result.job ? h("a", { href: `#/jobs/${result.job}` }, name) : name),
    h("td.number", { "data-label": "Line" }, result.line === null ? "–" : count(result.line)),
    append(h("td", { "data-label": "What is wrong" }, first), further.map((each) => h("span.below", {}, each))));
}
