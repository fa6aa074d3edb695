/** "How it folds": the line with the breakpoints of one layer, of two, ...; of a shallow network each breakpoint. */

import { get } from "../../api.js";
import { fill, h } from "../../dom.js";
import { errorNotice, loading } from "../../parts/notices.js";
import { layersOf } from "../../network.js";
import { plot } from "../../plots/plot.js";
import { counted, figure } from "../../words.js";
import { foldsOf } from "./folds.js";

/**
 * @param {HTMLElement} host
 * @param {{model: object, samples: object, table: object}} fitted
 * @param {AbortSignal} signal ends it.
 */
export async function folding(host, fitted, signal) {
  const inside = h("div", {}, loading("the network"));
  fill(host, h("section.card", { "aria-labelledby": "folds" }, h("h2", { id: "folds" }, "How it folds"), inside));
  const drawn = [];
  signal.addEventListener("abort", () => drawn.forEach((each) => each.destroy()));
  if (fitted.model.architecture.layer_widths.length === 3) {
    turns(inside, fitted, drawn);
    return;
  }
  try {
    const document = await get(`v1/models/${fitted.model.id}/network`, { signal });
    layers(inside, fitted, foldsOf(layersOf(document), fitted.table.x[0], fitted.table.x.at(-1)), drawn);
  } catch (error) {
    if (!signal.aborted) fill(inside, errorNotice(error));
  }
}

function layers(host, { model, samples }, folds, drawn) {
  const main = h("div", {});
  const said = h("output", { for: "layers" });
  const slider = h("input", {
    type: "range", id: "layers", min: "1", max: String(folds.length), step: "1", value: "1",
    oninput: () => choose(Number(slider.value) - 1),
  });
  const strip = h("div.folds", {});
  fill(host,
    h("p.lede", {}, start(model)),
    h("div.row.layer-choice", {}, h("label", { for: "layers" }, "Breakpoints of the first layers"), slider, said),
    main,
    h("h3.below", {}, "What each layer adds to the line"), strip);
  const picture = plot(main, { label: "The line with the breakpoints of the first layers", height: 260, yLabel: "y" }, lines(0));
  drawn.push(picture);
  const cards = folds.map((fold, k) => card(fold, k));
  fill(strip, cards.map(({ element }) => element));
  for (const { draw } of cards) drawn.push(draw());
  choose(0);

  function choose(k) {
    slider.value = String(k + 1);
    const { x, left } = folds[k];
    said.textContent = `${k + 1} of ${folds.length}: ${counted(x.length - 2, "breakpoint")}, ${
      k + 1 < folds.length ? `up to ${figure(left, 3)} from the network` : "the network itself"}`;
    slider.setAttribute("aria-valuetext", said.textContent);
    picture.set(lines(k));
    cards.forEach(({ element }, at) => element.classList.toggle("chosen", at <= k));
  }

  function lines(k) {
    const { x, y } = folds[k];
    const name = k + 1 < folds.length ? `line of ${counted(k + 1, "layer")}` : "network";
    return [
      { name: "samples", kind: "points", colour: "samples", x: samples.x, y: samples.y },
      { name, kind: "line", colour: k + 1 < folds.length ? "base" : "network", x, y },
      { name: "breakpoints", kind: "rings", colour: k + 1 < folds.length ? "base" : "network", x, y },
    ];
  }

  function card({ x, y, added, fresh }, k) {
    const surface = h("div", {});
    const size = added && added.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const element = h("figure", {},
      h("figcaption", {}, h("strong", {}, `Layer ${k + 1}`), ` ${counted(fresh, k ? "new breakpoint" : "breakpoint")}`,
        h("br"), h("span.muted", {}, added ? `up to ${figure(size, 3)}` : "the base")),
      surface);
    const layer = { name: added ? "added" : "base", kind: "line", colour: "base", silent: true, x, y: added ?? y };
    const label = added ? `What layer ${k + 1} adds, up to ${figure(size, 3)}` : "The base, of layer 1";
    return { element, draw: () => plot(surface, { label, height: 150, still: true }, [layer]) };
  }
}

function start({ architecture, segments }) {
  const first = architecture.name === "tower" ? "The knots of the first layer fold the line to the base." : "The first layer folds the line once.";
  return `${first} Every further layer folds each piece again, so that a few neurons make ${counted(segments, "segment")}. A line of the first layers joins the network's values at their breakpoints; what the next one adds is 0 at all of these.`;
}

/** A shallow network: one neuron, one breakpoint; by how much each turns the line. */
function turns(host, { model, table }, drawn) {
  const x = table.x.slice(1, -1);
  const y = x.map((_, i) => table.slope[i + 1] - table.slope[i]);
  const surface = h("div", {});
  fill(host, h("p.lede", {}, turnsWords(model.architecture.neurons, x.length)), surface);
  if (!x.length) return;
  const ends = [table.x[0], table.x.at(-1)];
  const stems = { name: "stems", silent: true, kind: "line", colour: "base",
    x: x.flatMap((place) => [place, place, place]), y: y.flatMap((turn) => [0, turn, 0]) };
  drawn.push(plot(surface, { label: "Change of slope at each breakpoint", height: 220, xLabel: "x", yLabel: "turn" }, [
    { name: "no turn", silent: true, kind: "line", dashed: true, colour: "limit", x: ends, y: [0, 0] },
    stems, { name: "change of slope", kind: "points", colour: "base", x, y },
  ]));
}

function turnsWords(neurons, breakpoints) {
  const one = neurons === 1;
  if (!breakpoints) {
    return `A shallow network has one layer. This one is a straight line: ${
      one ? "its one neuron does not fold it" : `none of its ${counted(neurons, "neuron")} folds it`} among the samples.`;
  }
  return `A shallow network has one layer: ${
    one ? "its one neuron" : `each of its ${counted(neurons, "neuron")}`} folds the line once. By how much the slope changes at each breakpoint:`;
}
