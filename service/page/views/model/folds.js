/** What each hidden layer's breakpoints give a network's line. */

import { along } from "../../plots/columns.js";
import { breakpoints, evaluate } from "../../network.js";

/**
 * The network's line with the breakpoints of the first layer only, of the first two, and so on.
 *
 * `f_k` joins the network's own values at the breakpoints of the first k hidden layers by straight lines; the
 * last one is the network. What a layer adds, `f_k - f_(k-1)`, is 0 at all earlier breakpoints: a tent, or a few,
 * on each piece. This needs nothing of how the weights are arranged, so it is as true after training as before.
 *
 * @param {Array} layers of `layersOf`.
 * @param {number} start of the interval of the samples.
 * @param {number} end
 * @returns {Array<{x: Float64Array, y: Float64Array, added: Float64Array|null, fresh: number, left: number}>}
 *   for each hidden layer f_k at its corners, what it adds there (null for the first), how many breakpoints are new,
 *   and how far f_k is from the network.
 */
export function foldsOf(layers, start, end) {
  const places = breakpoints(layers, start, end);
  const values = places.map((x) => evaluate(layers, x));
  const last = places.length - 1;
  return places.map((x, k) => {
    const y = values[k];
    const before = k > 0 ? along(places[k - 1], values[k - 1], x) : null;
    const line = along(x, y, places[last]);
    return {
      x, y,
      added: before && y.map((value, i) => value - before[i]),
      fresh: x.length - (k > 0 ? places[k - 1].length : 2),
      left: values[last].reduce((most, value, i) => Math.max(most, Math.abs(value - line[i])), 0),
    };
  });
}
