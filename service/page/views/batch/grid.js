/** A grid of thousands of cells, of which only those in view are there. */

import { arrange, h } from "../../dom.js";
import { perFrame } from "../../parts/frames.js";

/** In rem, as the style sheet has it: the height of a cell, the least width, what is between two. */
const HEIGHT = 10.5;
const LEAST_WIDTH = 10;
const GAP = 0.75;
/** Rows above and below the view that are there already; the next one can have the focus. */
const SPARE_ROWS = 2;

/**
 * A grid without cells.
 *
 * @param {string} label what they are.
 * @param {(index: number) => HTMLElement} made makes one.
 * @param {AbortSignal} signal
 * @returns {{element, show: (indices: number[]) => void, changed: (index: number) => void}}
 */
export function grid(label, made, signal) {
  const holder = h("ul.grid", { "aria-label": label, role: "list" });
  const none = h("p.muted", { hidden: true }, "None so far.");
  const element = h("section.functions", { "aria-labelledby": "functions-title" },
    h("h2", { id: "functions-title" }, label), none, holder);
  const cells = new Map();
  let indices = [];
  const soon = perFrame(draw);

  function draw() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const box = holder.getBoundingClientRect();
    const columns = Math.max(1, Math.floor((box.width + GAP * rem) / ((LEAST_WIDTH + GAP) * rem)));
    const step = (HEIGHT + GAP) * rem;
    const rows = Math.ceil(indices.length / columns);
    holder.style.height = `${Math.max(0, rows * step - GAP * rem)}px`;
    const first = Math.max(0, Math.floor(-box.top / step) - SPARE_ROWS);
    const last = Math.min(rows, Math.ceil((innerHeight - box.top) / step) + SPARE_ROWS);
    const width = (box.width - (columns - 1) * GAP * rem) / columns;
    const places = [];
    for (let place = first * columns; place < Math.min(indices.length, last * columns); place += 1) places.push(place);
    // Who has the focus keeps it when the cell is scrolled out of view.
    const held = focusedPlace();
    if (held !== null && !places.includes(held)) places.push(held);
    places.sort((a, b) => a - b);
    arrange(holder, places.map((place) => {
      const item = itemOf(indices[place], place);
      item.style.width = `${width}px`;
      item.style.transform = `translate(${(place % columns) * (width + GAP * rem)}px, ${Math.floor(place / columns) * step}px)`;
      return item;
    }));
    const wanted = new Set(places.map((place) => indices[place]));
    for (const index of cells.keys()) if (!wanted.has(index)) cells.delete(index);
  }

  function focusedPlace() {
    for (const [index, item] of cells) {
      if (item.contains(document.activeElement)) {
        const place = indices.indexOf(index);
        return place < 0 ? null : place;
      }
    }
    return null;
  }

  function itemOf(index, place) {
    if (!cells.has(index)) cells.set(index, h("li", {}, made(index)));
    const item = cells.get(index);
    item.setAttribute("aria-setsize", indices.length);
    item.setAttribute("aria-posinset", place + 1);
    return item;
  }

  window.addEventListener("scroll", soon, { passive: true, signal });
  window.addEventListener("resize", soon, { signal });
  const sizes = new ResizeObserver(soon);
  sizes.observe(holder);
  signal.addEventListener("abort", () => sizes.disconnect(), { once: true });

  return {
    element,
    /** Have cells for these, in this order. */
    show(next) {
      indices = next;
      none.hidden = next.length > 0;
      soon();
    },
    /** What is known of one has changed. */
    changed(index) {
      const item = cells.get(index);
      if (!item) return;
      const focused = item.contains(document.activeElement);
      item.replaceChildren(made(index));
      if (focused) item.querySelector("a")?.focus({ preventScroll: true });
    },
  };
}
