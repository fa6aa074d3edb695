/**
 * What is drawn in a plot: layers, each with its columns, kind and colour.
 *
 * @typedef {object} Layer
 * @property {string} name as the legend says it.
 * @property {"line"|"points"|"rings"|"band"|"cross"} kind
 * @property {string} colour one of the --plot-... tokens: samples, network, corridor, limit, worst, base.
 * @property {ArrayLike<number>} x increasing
 * @property {ArrayLike<number>} y of a band its lower edge
 * @property {ArrayLike<number>} [y2] of a band its upper edge
 * @property {boolean} [dashed]
 * @property {boolean} [silent] neither in the legend nor among the values
 * @property {boolean} [free] does not stretch the plot's height
 */

import { svg } from "../dom.js";
import { extent, interpolated, nearest, thinned, within } from "./columns.js";

/** Points closer than so many pixels to one another are drawn as what they cover. */
const CROWDED_PX = 0.7;

/** Draw a layer into a plot; only what is in view. */
export function draw(u, layer, colour) {
  const { min, max } = u.scales.x;
  const [from, to] = within(layer.x, min, max);
  if (to <= from) return;
  const ctx = u.ctx;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour;
  const ratio = devicePixelRatio || 1;
  ctx.lineWidth = 1.8 * ratio;
  ctx.lineJoin = "round";
  KINDS[layer.kind]({ u, ctx, layer, from, to, ratio, columns: Math.ceil(u.bbox.width / ratio) });
  ctx.restore();
}

const KINDS = { line, points, rings, band, cross };

const px = (u, value) => u.valToPos(value, "x", true);
const py = (u, value) => u.valToPos(value, "y", true);

/** Let nothing be drawn outside of the plot's box. */
function clip({ u: { bbox: { left, top, width, height } }, ctx }) {
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
}

/** The middles of marks in the plot's box, [x, y] each; a mark is drawn whole, over the edge too. */
function middles({ u, layer, from, to }) {
  const { left, top, width, height } = u.bbox;
  const found = [];
  for (let i = from; i < to; i += 1) {
    const [x, y] = [px(u, layer.x[i]), py(u, layer.y[i])];
    // Where the first and last are is rounded.
    if (x >= left - 1 && x <= left + width + 1 && y >= top - 1 && y <= top + height + 1) found.push([x, y]);
  }
  return found;
}

function line({ u, ctx, layer, from, to, ratio, columns }) {
  clip({ u, ctx });
  if (layer.dashed) {
    ctx.setLineDash([6 * ratio, 4 * ratio]);
    ctx.lineWidth = 1.3 * ratio;
  }
  ctx.beginPath();
  for (const i of thinned(layer.x, layer.y, from, to, columns)) {
    ctx.lineTo(px(u, layer.x[i]), py(u, layer.y[i]));
  }
  ctx.stroke();
}

function points({ u, ctx, layer, from, to, ratio, columns }) {
  if ((to - from) * CROWDED_PX > columns) {
    ctx.lineWidth = 2.5 * ratio;
    line({ u, ctx, layer, from, to, ratio, columns });
    return;
  }
  const radius = Math.min(2.6, Math.max(1.4, columns / (to - from) / 2)) * ratio;
  ctx.beginPath();
  for (const [x, y] of middles({ u, layer, from, to })) {
    ctx.moveTo(x + radius, y);
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
  }
  ctx.fill();
}

function rings({ u, ctx, layer, from, to, ratio, columns }) {
  // So many corners are no more to be told apart than the line is.
  if (to - from > columns / 3) return;
  ctx.lineWidth = 1.5 * ratio;
  for (const [x, y] of middles({ u, layer, from, to })) {
    ctx.beginPath();
    ctx.arc(x, y, 3.6 * ratio, 0, 2 * Math.PI);
    ctx.stroke();
  }
}

function band({ u, ctx, layer, from, to, ratio, columns }) {
  clip({ u, ctx });
  const edges = [layer.y, layer.y2].map((y) => thinned(layer.x, y, from, to, columns)
    .map((i) => [px(u, layer.x[i]), py(u, y[i])]));
  ctx.beginPath();
  for (const [x, y] of [...edges[0], ...edges[1].reverse()]) ctx.lineTo(x, y);
  ctx.closePath();
  ctx.globalAlpha = 0.18;
  ctx.fill();
  ctx.globalAlpha = 0.75;
  ctx.lineWidth = ratio;
  for (const edge of edges) {
    ctx.beginPath();
    for (const [x, y] of edge) ctx.lineTo(x, y);
    ctx.stroke();
  }
}

function cross({ u, ctx, layer, from, to, ratio }) {
  const arm = 6 * ratio;
  ctx.lineWidth = 2.4 * ratio;
  ctx.beginPath();
  for (const [x, y] of middles({ u, layer, from, to })) {
    ctx.moveTo(x - arm, y - arm);
    ctx.lineTo(x + arm, y + arm);
    ctx.moveTo(x - arm, y + arm);
    ctx.lineTo(x + arm, y - arm);
  }
  ctx.stroke();
}

/** The height all layers need between two x: [low, high]. */
export function heights(layers, min, max) {
  let [low, high] = [Infinity, -Infinity];
  for (const layer of layers) {
    if (layer.free) continue;
    const [from, to] = within(layer.x, min, max);
    for (const y of [layer.y, layer.y2]) {
      if (!y) continue;
      const [lowest, highest] = extent(y, from, to);
      low = Math.min(low, lowest);
      high = Math.max(high, highest);
    }
  }
  return low <= high ? [low, high] : [0, 1];
}

/** A layer's value at a place, as the reader under the cursor wants it, of a band two; null if it has none. */
export function valueAt(layer, place) {
  if (layer.silent || ["cross", "rings"].includes(layer.kind) || !layer.x.length) return null;
  if (layer.kind === "band") {
    const low = interpolated(layer.x, layer.y, place);
    return low === null ? null : [low, interpolated(layer.x, layer.y2, place)];
  }
  if (layer.kind === "line") return interpolated(layer.x, layer.y, place);
  if (place < layer.x[0] || place > layer.x[layer.x.length - 1]) return null;
  return layer.y[nearest(layer.x, place)];
}

/** A small picture of how a layer is drawn, for the legend. */
export function swatch(layer) {
  const own = { width: 18, height: 12, viewBox: "0 0 18 12", "aria-hidden": "true", class: `c-${layer.colour}` };
  const stroke = { fill: "none", stroke: "currentColor", "stroke-width": 2 };
  const shapes = {
    line: () => svg("path", { ...stroke, d: "M1 6H17", "stroke-dasharray": layer.dashed ? "4 3" : "none" }),
    points: () => svg("circle", { cx: 9, cy: 6, r: 3, fill: "currentColor" }),
    rings: () => svg("circle", { ...stroke, cx: 9, cy: 6, r: 4, "stroke-width": 1.6 }),
    band: () => svg("rect", { x: 1, y: 1, width: 16, height: 10, fill: "currentColor", opacity: 0.35 }),
    cross: () => svg("path", { ...stroke, d: "M5 2L13 10M13 2L5 10" }),
  };
  return svg("svg", own, shapes[layer.kind]());
}
