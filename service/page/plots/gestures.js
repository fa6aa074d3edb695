/** How a plot is moved: by drag, wheel, touch and keys. */

/** So much of what is in view a step of the keys or buttons moves, and what is left after zooming in. */
const STEP = 0.1;
const ZOOM = 0.6;

/**
 * Let a plot be moved.
 *
 * @param {HTMLElement} surface has the focus and the pointers.
 * @param {object} plot `view()` is [min, max], `show(min, max)`, `reset()`, `point(x)`, `pointed()`,
 *   and `placeAt(clientX)`, the x below the pointer.
 */
export function gestures(surface, plot) {
  surface.addEventListener("keydown", (event) => key(event, plot));
  surface.addEventListener("wheel", (event) => wheel(event, surface, plot), { passive: false });
  touch(surface, plot);
}

/** Zoom by a factor around a place, the middle of the view by default. */
export function zoom(plot, factor, place = null) {
  const [min, max] = plot.view();
  const around = place ?? (min + max) / 2;
  plot.show(around - (around - min) * factor, around + (max - around) * factor);
}

export const zoomIn = (plot) => zoom(plot, ZOOM);
export const zoomOut = (plot) => zoom(plot, 1 / ZOOM);

/** Move by a share of what is in view. */
export function pan(plot, share) {
  const [min, max] = plot.view();
  const by = (max - min) * share;
  plot.show(min + by, max + by);
}

function key(event, plot) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const along = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const actions = {
    "+": () => zoomIn(plot), "=": () => zoomIn(plot), "-": () => zoomOut(plot),
    0: () => plot.reset(), Escape: () => plot.reset(),
  };
  if (along && event.shiftKey) pan(plot, along * STEP);
  else if (along) {
    const [min, max] = plot.view();
    const place = plot.pointed() ?? (along > 0 ? min : max);
    plot.point(Math.min(max, Math.max(min, place + (along * (max - min)) / 100)));
  } else if (actions[event.key]) actions[event.key]();
  else return;
  event.preventDefault();
}

function wheel(event, surface, plot) {
  if (event.ctrlKey || event.metaKey) {
    zoom(plot, Math.exp(event.deltaY / 300), plot.placeAt(event.clientX));
  } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    pan(plot, event.deltaX / surface.clientWidth);
  } else return; // the page scrolls on
  event.preventDefault();
}

/** One finger moves, two fingers zoom; up and down the page scrolls. */
function touch(surface, plot) {
  const fingers = new Map();
  surface.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, event.clientX);
    plot.point(plot.placeAt(event.clientX));
  });
  surface.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const before = [...fingers.values()];
    fingers.set(event.pointerId, event.clientX);
    const after = [...fingers.values()];
    if (after.length === 1) pan(plot, (before[0] - after[0]) / surface.clientWidth);
    if (after.length === 2) {
      const [was, is] = [before, after].map(([a, b]) => Math.max(10, Math.abs(a - b)));
      zoom(plot, was / is, plot.placeAt((after[0] + after[1]) / 2));
    }
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    surface.addEventListener(end, (event) => fingers.delete(event.pointerId));
  }
}
