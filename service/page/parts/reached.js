/** The error that was reached, in the unit in which the target has its tolerance. */

import { upTo } from "../words.js";

/**
 * @param {object} target
 * @param {{y_min: number, y_max: number}} samples their summary.
 * @param {number} error in the target's metric; with a tolerance for each sample the largest share of it.
 */
export function reachedWords(target, { y_min: low, y_max: high }, error) {
  const { metric, tolerance, relative_to: unit } = target;
  if (tolerance === "per_sample") return `${upTo(error, 1)} of the tolerance`;
  const range = high - low;
  if (unit !== "range" || metric === "max_rel" || !range) return upTo(error, tolerance);
  return metric === "mse"
    ? `${upTo(error / range ** 2, tolerance)} of the range squared` : `${upTo(error / range, tolerance)} of the range`;
}
