/** The network being trained, over the samples and the corridor it has to keep to. */

import { get } from "../../api.js";
import { fill, h } from "../../dom.js";
import { perFrame } from "../../parts/frames.js";
import { errorNotice, loading } from "../../parts/notices.js";
import { along } from "../../plots/columns.js";
import { link, plot } from "../../plots/plot.js";
import { corridorOf, limitsOf } from "../../targets.js";

/** An outline of as many corners may leave some out; its error would be that of the outline. */
const WHOLE = 256;

/**
 * @param {object} job
 * @param {AbortSignal} signal ends it.
 * @returns {{element: HTMLElement, draw: (current: {x: number[], y: number[]}) => void}}
 */
export function drawing(job, signal) {
  const [upper, lower] = [h("div", {}, loading("the samples")), h("div", { hidden: true })];
  const element = h("section.card", { "aria-labelledby": "meanwhile" },
    h("h2", { id: "meanwhile" }, "The network so far"), upper, lower);
  const linked = link();
  let current = null;
  let curve = null;
  let plots = [];
  const soon = perFrame(redraw, signal);
  start();
  signal.addEventListener("abort", () => plots.forEach((each) => each.destroy()));
  return {
    element,
    draw(next) {
      current = next;
      soon();
    },
  };

  async function start() {
    try {
      const samples = await get(`v1/jobs/${job.id}/samples`, { signal });
      curve = { samples, limits: limitsOf(job.target, samples), corridor: corridorOf(job.target, samples) };
      plots = [
        plot(upper, { label: "Samples and the network being trained", linked, xLabel: "x", yLabel: "y" }, lines(curve)),
        plot(lower, { label: "Error of the network being trained", linked, height: 200, yLabel: "error" }, errors(curve)),
      ];
      redraw();
    } catch (error) {
      if (!signal.aborted) fill(upper, errorNotice(error));
    }
  }

  function redraw() {
    if (!plots.length || !current) return;
    plots[0].set(lines(curve, current));
    const isWhole = current.x.length < WHOLE;
    // Once it is there it stays: what is below does not jump.
    if (isWhole) lower.hidden = false;
    plots[1].set(errors(curve, isWhole ? current : null));
  }
}

function lines({ samples: { x, y }, corridor }, current) {
  return [
    corridor && { name: "corridor", kind: "band", colour: "corridor", x, ...corridor },
    { name: "samples", kind: "points", colour: "samples", x, y },
    current && { name: "network in training", kind: "line", colour: "network", free: true, ...current },
  ].filter(Boolean);
}

function errors({ samples: { x, y }, limits }, current) {
  const band = limits && {
    name: "corridor", kind: "band", colour: "corridor", x, y: limits.map((limit) => -limit), y2: limits,
  };
  const values = current && along(current.x, current.y, x).map((value, i) => value - y[i]);
  return [band, values && { name: "error of the network in training", kind: "line", colour: "network", x, y: values }]
    .filter(Boolean);
}
