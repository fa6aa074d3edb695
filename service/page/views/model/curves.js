/** The network over its samples, and below it the error, exactly; both are zoomed together. */

import { h } from "../../dom.js";
import { along, merged } from "../../plots/columns.js";
import { link, plot } from "../../plots/plot.js";
import { limitsOf } from "../../targets.js";

/**
 * @param {HTMLElement} host
 * @param {{model: object, samples: object, table: object}} fitted
 * @param {AbortSignal} signal ends it.
 */
export function curves(host, { model, samples, table }, signal) {
  const [upper, lower] = [h("div", {}), h("div", {})];
  host.append(h("section.card", { "aria-labelledby": "curve" },
    h("h2", { id: "curve" }, "The network"), upper,
    h("h3.below", { id: "error" }, "Its error: network less samples, and less the straight lines between them"), lower,
    h("p.hint", {}, "Drag to zoom both. Arrow keys move the cursor, + and − zoom, 0 shows all.")));
  const linked = link();
  const plots = [
    plot(upper, { label: "Samples and network", linked, yLabel: "y" }, functionLayers(samples, table)),
    plot(lower, { label: "Error of the network", linked, height: 230, xLabel: "x", yLabel: "error" },
      errorLayers(model, samples, table)),
  ];
  signal.addEventListener("abort", () => plots.forEach((each) => each.destroy()));
}

function functionLayers({ x, y }, table) {
  const network = { colour: "network", x: table.x, y: table.y };
  return [
    { name: "samples", kind: "points", colour: "samples", x, y },
    { ...network, name: "network", kind: "line" },
    { ...network, name: "breakpoints", kind: "rings" },
  ];
}

/**
 * The error at the samples, between them, and where between them it is largest.
 *
 * Network and lines are straight between their corners, so the curve through these is no sketch.
 */
function errorLayers(model, samples, table) {
  const x = merged(samples.x, table.x);
  const between = along(table.x, table.y, x);
  const lines = along(samples.x, samples.y, x);
  let worst = 0;
  for (let i = 0; i < x.length; i += 1) {
    between[i] -= lines[i];
    if (Math.abs(between[i]) > Math.abs(between[worst])) worst = i;
  }
  const at = along(table.x, table.y, samples.x);
  for (let i = 0; i < at.length; i += 1) at[i] -= samples.y[i];
  return [
    ...tolerances(model, samples),
    { name: "between samples", kind: "line", colour: "network", x, y: between },
    { name: "at samples", kind: "points", colour: "samples", x: samples.x, y: at },
    { name: "largest of all", kind: "cross", colour: "worst", x: [x[worst]], y: [between[worst]] },
  ];
}

function tolerances({ target }, samples) {
  const limits = limitsOf(target, samples);
  if (limits === null) return [];
  const line = { name: "tolerance", kind: "line", colour: "limit", dashed: true, x: samples.x };
  return [{ ...line, y: limits }, { ...line, y: limits.map((limit) => -limit), silent: true }];
}
