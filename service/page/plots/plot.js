/** A plot over x: axes, zoom and cursor by uPlot, layers drawn by us so that 100,000 samples stay fluid. */

import { fill, h } from "../dom.js";
import uPlot from "../vendor/uplot/uPlot.esm.js";
import { digitsIn, figure } from "../words.js";
import { gestures, pan, zoomIn, zoomOut } from "./gestures.js";
import { draw, heights, swatch, valueAt } from "./layers.js";
import { ticks } from "./ticks.js";

/** Left of the axes; the same in all plots, so that what is below one another is at the same x. */
const AXIS_PX = 68;
/** Of the height above and below the highest and lowest value. */
const MARGIN = 0.06;
/** Less of x than this share of all is not zoomed into: float64 has no more to show. */
const CLOSEST = 1e-9;

/** Plots of one link share view and cursor. */
export const link = () => new Set();

/**
 * Put a plot into an element.
 *
 * @param {HTMLElement} host
 * @param {object} options
 * @param {string} options.label what it shows, for who does not see it; `describe(text)` adds to that.
 * @param {number} [options.height] in pixels.
 * @param {string} [options.xLabel]
 * @param {string} [options.yLabel]
 * @param {boolean} [options.log] whether y is logarithmic; values of layers must be positive.
 * @param {boolean} [options.still] no zoom, no values: a picture.
 * @param {Set} [options.linked] of `link()`.
 * @param {import("./layers.js").Layer[]} layers
 * @returns {{set: (layers) => void, reset: () => void, destroy: () => void}}
 */
export function plot(host, options, layers) {
  let shown = layers;
  let [first, last] = reach(layers);
  const surface = h("div.plot-surface", {
    tabindex: options.still ? null : "0", role: options.still ? "img" : "group",
    "aria-label": options.label,
    "aria-roledescription": options.still ? null : "plot",
  });
  const legend = h("ul.plot-legend", {});
  const values = h("p.plot-values", { "aria-live": "polite" });
  fill(host, h("div.plot", {},
    h("div.plot-bar", {}, legend, options.still ? null : buttons()),
    surface, options.still ? null : values));

  const colours = palette(surface);
  const u = new uPlot(settings(), [[first, last], [null, null]], surface);
  // Its own cursor needs no words; ours is in the surface.
  const self = {
    view: () => [u.scales.x.min, u.scales.x.max],
    placeAt: (clientX) => u.posToVal(clientX - u.over.getBoundingClientRect().left, "x"),
    pointed: () => (u.cursor.left >= 0 ? u.posToVal(u.cursor.left, "x") : null),
    show(min, max) {
      const all = options.linked ?? [self];
      for (const each of all) each.look(min, max);
    },
    reset() { self.show(first, last); },
    point(place) { u.setCursor({ left: u.valToPos(place, "x"), top: u.bbox.height / 4 }); },
    /** Show this much of x, and move no other plot. */
    look(min, max) {
      const width = Math.min(Math.max(max - min, (last - first) * CLOSEST), last - first);
      const start = Math.min(Math.max(min, first), last - width);
      const [low, high] = fit(heights(shown, start, start + width), options.log);
      u.batch(() => {
        u.setScale("x", { min: start, max: start + width });
        u.setScale("y", { min: low, max: high });
      });
    },
    /** The cursor of another plot is there. */
    follow(place) {
      u.setCursor({ left: place === null ? -10 : u.valToPos(place, "x"), top: -10 }, false);
      read(place);
    },
    /** Draw these layers from now on; the view stays if it was not all. */
    set(next) {
      const [min, max] = self.view();
      const all = min === first && max === last;
      shown = next;
      [first, last] = reach(next);
      u.setData([[first, last], [null, null]], false);
      if (all) self.look(first, last);
      else self.look(min, max);
      name();
    },
    destroy() {
      options.linked?.delete(self);
      sizes.disconnect();
      dark.removeEventListener("change", recolour);
      u.destroy();
    },
    uplot: u,
  };
  options.linked?.add(self);
  if (!options.still) gestures(surface, self);
  const sizes = new ResizeObserver(() => {
    if (surface.clientWidth) u.setSize({ width: surface.clientWidth, height: height() });
  });
  sizes.observe(surface);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const recolour = () => { colours.clear(); u.redraw(false); };
  dark.addEventListener("change", recolour);
  name();
  self.look(first, last);
  return self;

  function height() {
    return options.height ?? Math.round(Math.min(420, Math.max(240, surface.clientWidth * 0.45)));
  }

  function settings() {
    const text = () => colours.get("--muted");
    const axis = {
      stroke: text, grid: { stroke: () => colours.get("--plot-grid"), width: 1 },
      ticks: { stroke: () => colours.get("--plot-grid"), width: 1 },
      font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif", labelSize: 18,
    };
    const [low, high] = fit(heights(shown, first, last), options.log);
    return {
      width: surface.clientWidth || 600, height: height(), legend: { show: false },
      scales: {
        x: { time: false, range: (_, min, max) => [min, max] },
        y: { auto: false, min: low, max: high, range: (_, min, max) => [min, max], distr: options.log ? 3 : 1 },
      },
      axes: [
        { ...axis, ...ticks("x", options.xLabel), size: 34 },
        { ...axis, ...ticks("y", options.yLabel), size: AXIS_PX - (options.yLabel ? 18 : 0) },
      ],
      series: [{}, { scale: "y", points: { show: false } }],
      cursor: {
        show: !options.still, points: { show: false }, y: false,
        drag: { x: !options.still, y: false, setScale: false },
        bind: { mousedown: (_, __, select) => (event) => (event.shiftKey ? drag(event) : select(event)),
          dblclick: () => () => self.reset() },
      },
      hooks: {
        draw: [(plot) => shown.forEach((layer) => draw(plot, layer, colours.get(`--plot-${layer.colour}`)))],
        setSelect: [(plot) => {
          const { left, width } = plot.select;
          if (width < 4) return;
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          self.show(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
        }],
        setCursor: [() => {
          const place = self.pointed();
          read(place);
          for (const each of options.linked ?? []) if (each !== self) each.follow(place);
        }],
      },
    };
  }

  /** With the shift key a drag moves what is in view. */
  function drag(event) {
    let before = event.clientX;
    const move = (next) => {
      pan(self, (before - next.clientX) / u.over.clientWidth);
      before = next.clientX;
    };
    document.addEventListener("mousemove", move);
    document.addEventListener("mouseup", () => document.removeEventListener("mousemove", move), { once: true });
  }

  function read(place) {
    if (options.still) return;
    const found = place === null ? [] : shown
      .map((layer) => [layer.name, valueAt(layer, place)]).filter(([, value]) => value !== null);
    const digits = ({ min, max }) => digitsIn(min, max, 6);
    values.textContent = place === null ? ""
      : [`x = ${figure(place, digits(u.scales.x))}`,
        ...found.map(([who, value]) => `${who} ${told(value, digits(u.scales.y))}`)].join("   ");
  }

  function name() {
    fill(legend, shown.filter((layer) => !layer.silent)
      .map((layer) => h("li", {}, swatch(layer), layer.name)));
  }

  function buttons() {
    const button = (text, label, action) =>
      h("button.small.quiet", { type: "button", "aria-label": label, title: label, onclick: action }, text);
    return h("div.plot-buttons", {},
      button("◂", "Move left", () => pan(self, -0.25)), button("▸", "Move right", () => pan(self, 0.25)),
      button("+", "Zoom in", () => zoomIn(self)), button("−", "Zoom out", () => zoomOut(self)),
      button("All", "Show all", () => self.reset()));
  }
}

/** One value, or the two of a band. */
const told = (value, digits) => [value].flat().map((each) => figure(each, digits)).join(" to ");

function reach(layers) {
  let [first, last] = [Infinity, -Infinity];
  for (const { x } of layers) {
    if (!x.length) continue;
    first = Math.min(first, x[0]);
    last = Math.max(last, x[x.length - 1]);
  }
  if (!(first <= last)) return [0, 1];
  return first < last ? [first, last] : [first - 0.5, last + 0.5];
}

/** A scale that shows these values with some air around. */
function fit([low, high], log) {
  if (log) {
    // Whole decades, so that there are always at least two numbers on the axis.
    const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
    return [10 ** from, 10 ** Math.max(to, from + 1)];
  }
  const air = (high - low) * MARGIN || Math.abs(high) * MARGIN || 1;
  return [low - air, high + air];
}

/** Colours by the names of their tokens, as the theme has them now. */
function palette(element) {
  const known = new Map();
  return {
    clear: () => known.clear(),
    get(token) {
      if (!known.has(token)) known.set(token, getComputedStyle(element).getPropertyValue(token).trim());
      return known.get(token);
    },
  };
}
