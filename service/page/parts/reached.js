/** The error that was reached, in the unit in which the target has its tolerance. */

import { figure } from "../words.js";

/**
 * @param {object} target
 * @param {{y_min: number, y_max: number}} samples their summary.
 * @param {number} error in the target's metric; with a tolerance for each sample the largest share of it.
 */
export function reachedWords(target, { y_min: low, y_max: high }, error) {
  if (target.tolerance === "per_sample") return `${figure(error, 3)} of the tolerance`;
  const range = high - low;
  if (target.relative_to !== "range" || target.metric === "max_rel" || !range) return figure(error, 3);
  return target.metric === "mse"
    ? `${figure(error / range ** 2, 3)} of the range squared` : `${figure(error / range, 3)} of the range`;
}
