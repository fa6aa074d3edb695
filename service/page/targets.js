/** What a target allows, in numbers. */

import { extent } from "./plots/columns.js";

/** Highest minus lowest sample. */
export function rangeOf({ y }) {
  const [low, high] = extent(y);
  return high - low;
}

/** What a tolerance of 1 is in the target's metric. */
export function unitOf({ metric, relative_to: unit }, range) {
  if (metric === "max_rel" || unit !== "range") return 1;
  return range ** (metric === "mse" ? 2 : 1);
}

/**
 * The largest error that the target allows, in its metric; null without a tolerance.
 *
 * With a tolerance for each sample errors are shares of it, and the limit is 1.
 *
 * @param {object} target
 * @param {number} range highest minus lowest sample.
 */
export function limitOf(target, range) {
  if (target.tolerance === "per_sample") return 1;
  return target.tolerance === null ? null : target.tolerance * unitOf(target, range);
}

/**
 * The largest error allowed at each sample, in the units of y; null for means, which limit none.
 *
 * @param {object} target
 * @param {{y: number[], tolerance: number[]|null}} samples
 * @returns {Float64Array|null}
 */
export function limitsOf(target, samples) {
  if (target.tolerance === null || !["max_abs", "max_rel"].includes(target.metric)) return null;
  const { y } = samples;
  const unit = unitOf(target, rangeOf(samples));
  const each = target.tolerance === "per_sample" ? (i) => samples.tolerance[i] : () => target.tolerance;
  const reference = target.metric === "max_rel"
    ? (i) => Math.max(Math.abs(y[i]), target.floor ?? 0) : () => 1;
  return Float64Array.from(y, (_, i) => each(i) * unit * reference(i));
}

/**
 * The corridor around the samples, its edges at each of them; null if there is none.
 *
 * @param {object} target
 * @param {{y: number[], tolerance: number[]|null}} samples
 * @returns {{y: Float64Array, y2: Float64Array}|null}
 */
export function corridorOf(target, samples) {
  const limits = limitsOf(target, samples);
  return limits && {
    y: limits.map((limit, i) => samples.y[i] - limit), y2: limits.map((limit, i) => samples.y[i] + limit),
  };
}
