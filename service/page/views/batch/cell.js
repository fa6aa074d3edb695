/** One function of a batch: its picture, its name, what became of it. */

import { h } from "../../dom.js";
import { smallPlot } from "../../parts/small_plot.js";
import { count, counted } from "../../words.js";

const WORDS = {
  met: "met", unmet: "not met", failed: "failed", refused: "refused", cancelled: "cancelled",
};

/** What a function is called: by its sender, by its line, else by its place. */
export function placeName({ index, line, name }) {
  if (name !== null && name !== undefined) return name;
  return line ? `Line ${count(line)}` : `Function ${count(index + 1)}`;
}

/** @param {import("./results.js").Result|null} result null as long as there is none. */
export function cell(index, result) {
  if (result === null) {
    return h("div.cell.waiting", {}, h("div.picture", {}), h("span.name", {}, `Function ${count(index + 1)}`), h("span.facts", {}, "waiting"));
  }
  const { kind, model, job, shape } = result;
  const href = model ? `#/models/${model}?job=${job}` : job && `#/jobs/${job}`;
  const element = h(href ? "a.cell" : "div.cell", { href });
  element.classList.add(kind);
  element.append(
    h("div.picture", {}, shape ? smallPlot(shape) : h("span", {}, result.problem?.[0] ?? (model ? "deleted" : "no model"))),
    h("span.name", { title: placeName(result) }, placeName(result)),
    h("span.facts", {},
      shape && h("span", {}, counted(shape.segments, "segment")), h(`span.mark.${kind}`, {}, WORDS[kind])),
  );
  return element;
}
