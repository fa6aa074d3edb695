/** Networks as small pictures: the line and where it is folded. */

import { get } from "../api.js";
import { svg } from "../dom.js";
import { extent, thinned } from "../plots/columns.js";

/** The picture's own units; it is stretched to where it stands. */
const SIZE = 100;
const MARGIN = 6;
/** A picture has no more to show than so many stretches of x, and so many folds. */
const STRETCHES = 60;
const MOST_FOLDS = 40;

/**
 * A polyline as it is drawn: two texts, so that thousands can be kept.
 *
 * @param {{x: number[], y: number[]}} table breakpoints, x increasing.
 * @returns {{line: string, folds: string, segments: number}}
 */
export function shapeOf({ x, y }) {
  const last = x.length - 1;
  const [low, high] = extent(y);
  const across = (SIZE - 2 * MARGIN) / (x[last] - x[0]);
  const up = high > low ? (SIZE - 2 * MARGIN) / (high - low) : 0;
  const place = (i) => {
    const top = up ? SIZE - MARGIN - (y[i] - low) * up : SIZE / 2;
    return `${round(MARGIN + (x[i] - x[0]) * across)} ${round(top)}`;
  };
  const line = thinned(x, y, 0, x.length, STRETCHES).map(place).join(" ");
  const inner = last <= MOST_FOLDS ? Array.from({ length: Math.max(0, last - 1) }, (_, i) => i + 1) : [];
  return { line, folds: inner.map((i) => `M${place(i)}h0`).join(""), segments: last };
}

const round = (value) => Math.round(value * 10) / 10;

/** The picture of a shape; what it shows is said beside it. */
export function smallPlot(shape) {
  const picture = svg("svg", {
    class: "small-plot", viewBox: `0 0 ${SIZE} ${SIZE}`, preserveAspectRatio: "none", "aria-hidden": "true",
  });
  if (!shape) return picture;
  picture.append(svg("polyline", { points: shape.line, "vector-effect": "non-scaling-stroke" }));
  // Lines without length have round ends alone: they stay round however the picture is stretched.
  if (shape.folds) picture.append(svg("path", { d: shape.folds, "vector-effect": "non-scaling-stroke" }));
  return picture;
}

/**
 * Pictures of models that are loaded once they come into view.
 *
 * @param {AbortSignal} signal
 * @returns {(modelId: string) => Element}
 */
export function lazyPlots(signal) {
  const loads = new WeakMap();
  const eye = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      eye.unobserve(target);
      loads.get(target)();
    }
  }, { rootMargin: "200px" });
  signal.addEventListener("abort", () => eye.disconnect(), { once: true });
  return (modelId) => {
    const picture = smallPlot(null);
    loads.set(picture, async () => {
      try {
        const table = await get(`v1/models/${modelId}/breakpoints`, { signal });
        picture.replaceChildren(...smallPlot(shapeOf(table)).children);
      } catch {
        // A row without its picture is a row all the same; the model's own view says what is wrong.
      }
    });
    eye.observe(picture);
    return picture;
  };
}
