/** What a target allows, in numbers. */

import { extent } from "./plots/columns.js";

/**
 * The largest error that the target allows, in its metric; null without a tolerance.
 *
 * With a tolerance for each sample errors are shares of it, and the limit is 1.
 *
 * @param {object} target
 * @param {{y_min: number, y_max: number}} samples their summary.
 */
export function limitOf(target, { y_min: low, y_max: high }) {
  const { metric, tolerance, relative_to: unit } = target;
  if (tolerance === "per_sample") return 1;
  if (tolerance === null || unit !== "range") return tolerance;
  return tolerance * (high - low) ** (metric === "mse" ? 2 : 1);
}

/**
 * The largest error allowed at each sample, in the units of y; null for means, which limit none.
 *
 * @param {object} target
 * @param {{y: number[], tolerance: number[]|null}} samples
 * @returns {Float64Array|null}
 */
export function limitsOf(target, { y, tolerance }) {
  if (target.tolerance === null || !["max_abs", "max_rel"].includes(target.metric)) return null;
  const [low, high] = extent(y);
  const unit = target.relative_to === "range" ? high - low : 1;
  const each = target.tolerance === "per_sample" ? (i) => tolerance[i] : () => target.tolerance;
  const reference = target.metric === "max_rel"
    ? (i) => Math.max(Math.abs(y[i]), target.floor ?? 0) : () => 1;
  return Float64Array.from(y, (_, i) => each(i) * unit * reference(i));
}
