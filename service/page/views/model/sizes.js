/** What the network takes, against its table, the smallest shallow network found, and the fewest-segment table. */

import { h } from "../../dom.js";
import { count, figure } from "../../words.js";

/** A row of the comparison: numbers that are stored, and segments. */
const row = (name, numbers, segments, own = false) => ({ name, numbers, segments, own });

export function sizes(model) {
  const each = model.architecture.dtype === "float64" ? 8 : 4;
  const rows = compared(model);
  const most = Math.max(...rows.map(({ numbers }) => numbers));
  return h("section.card", { "aria-labelledby": "sizes" },
    h("h2", { id: "sizes" }, "Against the alternatives"),
    h("p.lede", {}, sizeWords(model)),
    h("div.scroller", { tabindex: "0", role: "region", "aria-label": "Sizes" }, h("table.sizes", {},
      h("thead", {}, h("tr", {},
        h("th", { scope: "col" }, "For this target"), h("th.number", { scope: "col" }, "Numbers"),
        h("th.number", { scope: "col" }, "Segments"), h("th", { scope: "col" }, "Bytes"))),
      h("tbody", {}, rows.map(({ name, numbers, segments, own }) => h(own ? "tr.own" : "tr", {},
        h("th", { scope: "row" }, name),
        h("td.number", {}, count(numbers)),
        h("td.number", {}, segments === null ? "–" : count(segments)),
        h("td", {}, bar(numbers / most), h("span.number", {}, count(numbers * each)))))))),
    h("p.hint", {}, `Numbers: weights and biases of a network, x and y of a table's points; ${each} bytes each, as ${model.architecture.dtype}.`,
      rows.some(({ name }) => name === SHALLOW)
        ? " Segments of the shallow network: its neurons, at most one more if a segment is flat." : ""));
}

const SHALLOW = "Smallest shallow network found";

function compared({ architecture, segments, contenders, minimal_segments: fewest }) {
  const own = architecture.name === "shallow" ? "This network (shallow)" : "This network";
  const shallow = architecture.name !== "shallow" && bestShallow(contenders);
  return [
    row(own, architecture.parameters, segments, true),
    row("Its breakpoint table", 2 * (segments + 1), segments),
    shallow && row(SHALLOW, shallow.parameters, shallow.layer_widths[1]),
    fewest !== null && row("Fewest-segment table", 2 * (fewest + 1), fewest),
  ].filter(Boolean);
}

/** The smallest shallow network that was tried; one that met the target, if there is any. */
function bestShallow(contenders) {
  const all = contenders.filter(({ name }) => name === "shallow");
  const met = all.filter((each) => each.met);
  return (met.length ? met : all).reduce((least, each) =>
    (least === null || each.parameters < least.parameters ? each : least), null);
}

/** Which is smaller, and by how much. */
function sizeWords(model) {
  const { architecture, contenders, met, segments, minimal_segments: fewest } = model;
  const shallow = bestShallow(contenders);
  const said = [];
  if (architecture.name === "shallow") {
    said.push(contenders.every(({ name }) => name === "shallow") ? "Only shallow networks were tried."
      : "The shallow network won: no deeper one that was tried is smaller and meets the target.");
  } else if (shallow && met && shallow.met) {
    said.push(`Against the smallest shallow network found this one has ${against(architecture.parameters, shallow.parameters)} parameters.`);
  } else if (shallow && !shallow.met && met) {
    said.push("No shallow network that was tried meets the target.");
  }
  const table = fewest === null ? 2 * (segments + 1) : 2 * (fewest + 1);
  const name = fewest === null ? "its own breakpoint table" : "the table of fewest segments";
  said.push(architecture.parameters < table
    ? `As numbers to store it is ${times(table / architecture.parameters)} smaller than ${name}.`
    : `As numbers to store ${name} is smaller${architecture.parameters > table ? `, by a factor of ${figure(architecture.parameters / table, 2)}` : " or the same"}: if nothing else needs a network, take a table.`);
  return said.join(" ");
}

const times = (factor) => `${figure(factor, 2)} times`;

function against(ours, theirs) {
  if (ours === theirs) return "as many";
  const share = Math.abs(1 - ours / theirs);
  return `${figure(share * 100, 2)} % ${ours < theirs ? "fewer" : "more"}`;
}

function bar(share) {
  const fillIn = h("span", {});
  fillIn.style.width = `${Math.max(share * 100, 1)}%`;
  return h("span.bar", { "aria-hidden": "true" }, fillIn);
}
