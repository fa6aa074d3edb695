/** The samples and the corridor around them, as it is chosen; up close where it is thin. */

import { fill, h } from "../../dom.js";
import { perFrame } from "../../parts/frames.js";
import { plot } from "../../plots/plot.js";
import { corridorOf } from "../../targets.js";
import { fromTo } from "../../words.js";
import { closeUp, isSeen, isSeenSomewhere, isWide } from "./closeup.js";
import { targetOf } from "./goal.js";

const LENS_PX = 170;

/**
 * Draw a curve; call `draw(goal)` whenever the goal changes, as often as that may be.
 *
 * @param {HTMLElement} host in the document.
 * @param {import("./reading.js").Curve} curve
 * @param {AbortSignal} signal ends it.
 */
export function picture(host, curve, signal) {
  const { samples, labels } = curve;
  const frame = h("div", {});
  const lens = lensOn(curve);
  host.append(frame, lens.element);
  const drawn = plot(frame, {
    label: `${curve.title}: samples and corridor`, xLabel: labels.x, yLabel: labels.y,
  }, layersOf(samples, null));
  let goal = null;
  const soon = perFrame(show, signal);
  signal.addEventListener("abort", () => {
    drawn.destroy();
    lens.destroy();
  }, { once: true });

  function show() {
    const corridor = corridorOf(targetOf(goal, samples), samples);
    drawn.set(layersOf(samples, corridor));
    lens.show(corridor);
  }

  return {
    draw(next) {
      goal = next;
      soon();
    },
  };
}

function layersOf({ x, y }, corridor) {
  const own = { name: "samples", kind: "points", colour: "samples", x, y };
  if (corridor === null) return [own];
  return [{ name: "corridor", kind: "band", colour: "corridor", x, ...corridor }, own];
}

/** A small picture of some samples, where the corridor can be seen. */
function lensOn({ samples, labels }) {
  const words = h("p.muted", {});
  const frame = h("div", {});
  const element = h("div.lens", { hidden: true }, words, frame);
  let drawn = null;
  let place = null;
  return {
    element,
    destroy: () => drawn?.destroy(),
    show(corridor) {
      element.hidden = corridor === null || isWide(samples, corridor);
      if (element.hidden) return;
      place = closeUp(samples, corridor, place);
      frame.hidden = place === null;
      if (place === null) {
        element.hidden = isSeen(samples, corridor);
        fill(words, isSeenSomewhere(samples, corridor) ? "The corridor is thinner than a line: zoom in to see it."
          : "The corridor is thinner than a line, however close one looks.");
        return;
      }
      const [from, to] = place;
      const part = (column) => column.slice(from, to);
      const x = part(samples.x);
      const layers = layersOf({ x, y: part(samples.y) }, { y: part(corridor.y), y2: part(corridor.y2) })
        .map((layer) => ({ ...layer, silent: true }));
      fill(words, `Up close, ${labels.x} ${fromTo(x[0], x[x.length - 1])}:`);
      drawn ??= plot(frame, { label: "The corridor up close", height: LENS_PX, still: true }, layers);
      drawn.set(layers);
    },
  };
}
