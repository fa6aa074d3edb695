/** Numbers, sizes, times and names, as people read them. */

/** A figure with so many digits that count: 0.001234, 1.2e-7, 12,345; in full if they are enough for that. */
export function figure(value, digits = 4) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 10 ** Math.max(7, digits)) {
    return value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e");
  }
  return Number(value.toPrecision(digits)).toLocaleString("en", { maximumFractionDigits: 20 });
}

/** How many digits tell the values of an interval apart. */
export function digitsIn(low, high, least = 4) {
  const times = Math.max(Math.abs(low), Math.abs(high)) / (high - low);
  return times > 10 && high > low ? Math.min(17, Math.max(least, Math.ceil(Math.log10(times)) + 4)) : least;
}

/** "from 1 to 2", in figures that differ if the ends do. */
export function fromTo(low, high, least = 4) {
  const digits = digitsIn(low, high, least);
  return `from ${figure(low, digits)} to ${figure(high, digits)}`;
}

/** A number between two, at about this share of the way, with as few digits as that takes. */
export function between(low, high, share) {
  for (let digits = 2; digits < 17; digits += 1) {
    const value = Number((low + share * (high - low)).toPrecision(digits));
    if (value > low && value < high) return value;
  }
  return low;
}

/**
 * A bound with few digits that is never below the truth, nor above a limit that the truth keeps.
 *
 * @param {number} value at least 0
 * @param {number|null} limit
 */
export function upTo(value, limit = null) {
  for (let digits = 4; digits < 17; digits += 1) {
    const rounded = Number(value.toPrecision(digits));
    const step = 10 ** (Math.floor(Math.log10(value)) - digits + 1);
    const bound = rounded >= value ? rounded : Number((rounded + step).toPrecision(digits));
    if (limit === null || value > limit || bound <= limit) return figure(bound, digits);
  }
  return figure(value, 17);
}

/** A number in full, as it is read back. */
export const exact = (value) => String(value);

export const count = (value) => value.toLocaleString("en");

/** "1 segment", "2 segments". */
export const counted = (value, noun) => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;

export function bytes(size) {
  if (size < 1000) return counted(size, "byte");
  return size < 1e6 ? `${figure(size / 1000, 3)} kB` : `${figure(size / 1e6, 3)} MB`;
}

export function seconds(value) {
  if (value < 0.001) return "under 1 ms";
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 120) return `${figure(value, 3)} s`;
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

/** A moment as the reader's clock shows it. */
export function moment(iso) {
  return new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** An id short enough to be read. */
export const brief = (id) => (id.length > 16 ? `${id.slice(0, 12)}…` : id);

/** "ab-c d" is said of a curve, "ab_c_d" can name a function or a file. */
export function fileName(name) {
  return name.replace(/[^A-Za-z0-9_]+/g, "_").replace(/^_+|_+$/g, "") || "curve";
}

const METRICS = {
  max_abs: "largest error",
  rmse: "root mean square error",
  mse: "mean square error",
  max_rel: "largest relative error",
};

/** What a metric is called. */
export const metricName = (metric) => METRICS[metric];

/** A target in one line. */
export function targetWords(target) {
  const { metric, tolerance, relative_to: unit } = target;
  if (tolerance === null) return "the best within the budget";
  if (tolerance === "per_sample") return `${METRICS[metric]} within each sample's tolerance`;
  const of = unit === "range" ? (metric === "mse" ? " of the range squared" : " of the range") : "";
  return `${METRICS[metric]} ≤ ${figure(tolerance)}${of}`;
}
