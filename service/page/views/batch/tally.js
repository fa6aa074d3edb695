/** How many functions are where; each number chooses what the grid shows. */

import { fill, h } from "../../dom.js";
import { countsBar } from "../../parts/counts.js";
import { perFrame } from "../../parts/frames.js";
import { count } from "../../words.js";

const KINDS = [
  ["", "All"], ["met", "Target met"], ["unmet", "Target not met"], ["failed", "Failed"],
  ["refused", "Refused"], ["cancelled", "Cancelled"], ["open", "Not ended"],
];

/**
 * @param {string|null} shown the kind that is chosen at first.
 * @param {(kind: string) => void} choose told of another choice.
 */
export function tally(shown, choose) {
  let chosen = KINDS.some(([kind]) => kind === shown) ? shown : "";
  let counts = null;
  let unmet = 0;
  const soon = perFrame(draw);
  const bar = h("div", {});
  const words = h("p.tally-words", { role: "status" });
  const numbers = new Map(KINDS.map(([kind]) => [kind, h("strong.number", {}, "0")]));
  const buttons = new Map(KINDS.map(([kind, name]) => [kind, h("button.small", {
    type: "button", "aria-pressed": String(kind === chosen), onclick: () => press(kind),
  }, kind && h(`span.swatch.${kind}`, { "aria-hidden": "true" }), name, " ", numbers.get(kind))]));

  function press(kind) {
    chosen = kind;
    for (const [each, button] of buttons) button.setAttribute("aria-pressed", String(each === kind));
    draw();
    choose(kind);
  }

  function draw() {
    const { total, refused, queued, running, succeeded, failed, cancelled } = counts;
    const by = { met: Math.max(0, succeeded - unmet), unmet, failed, refused, cancelled, running, queued };
    fill(bar, countsBar(by, total));
    const ended = total - queued - running;
    words.textContent = ended === total ? `All ${count(total)} have ended`
      : `${count(ended)} of ${count(total)} have ended, ${count(running)} running, ${count(queued)} waiting`;
    const shownBy = { ...by, "": total, open: queued + running };
    for (const [kind, number] of numbers) {
      number.textContent = count(shownBy[kind]);
      buttons.get(kind).hidden = kind !== "" && kind !== chosen && shownBy[kind] === 0;
    }
  }

  return {
    element: h("div.stack", {}, words, bar,
      h("div.row.chips", { role: "group", "aria-label": "Show" }, [...buttons.values()])),
    /** Counts of the batch, as the API has them. */
    set(next) {
      counts = next;
      draw();
    },
    /** A result has come: the API does not count targets that are not met. */
    note({ kind }) {
      if (kind !== "unmet") return;
      unmet += 1;
      soon();
    },
    /** Places of what is chosen among the results. */
    chosen(found) {
      const places = found.map((_, index) => index);
      if (chosen === "") return places;
      if (chosen === "open") return places.filter((index) => found[index] === null);
      return places.filter((index) => found[index]?.kind === chosen);
    },
  };
}
